//! The encodings with tables: names, and where iconv differs from the WHATWG tables.
//!
//! Most differences follow from ranges: the WHATWG tables have vendors' additions that the standards,
//! and so iconv, do not have. A few characters are left, which are listed. An empty code means that
//! iconv has none.

use encoding_rs as table;

use super::Legacy;

/// In order of their names.
#[rustfmt::skip]
pub(super) const LEGACY: &[Legacy] = &[
    Legacy {
        names: &["BIG-5", "BIG-FIVE", "BIG5", "BIGFIVE", "CN-BIG5", "CP950"],
        table: table::BIG5,
        has: big5,
        keeps_controls: false,
        instead: &[
            (0x80, &[0x80]), (0x2550, &[0xa2, 0xa4]), (0x255e, &[0xa2, 0xa5]), (0x2561, &[0xa2,
            0xa7]), (0x256a, &[0xa2, 0xa6]), (0x2593, &[0xf9, 0xfe]), (0x4edd, &[0xc9, 0x69]),
        ],
    },
    Legacy {
        names: &["CP1250", "MS-EE", "WINDOWS-1250"],
        table: table::WINDOWS_1250,
        has: no_controls,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &["CP1251", "CP5347", "CSIBM5347", "IBM-5347", "IBM5347", "MS-CYRL", "WINDOWS-1251"],
        table: table::WINDOWS_1251,
        has: no_controls,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &["CP1252", "MS-ANSI", "WINDOWS-1252"],
        table: table::WINDOWS_1252,
        has: no_controls,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &["CP1253", "MS-GREEK", "WINDOWS-1253"],
        table: table::WINDOWS_1253,
        has: no_controls,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &["CP1254", "MS-TURK", "WINDOWS-1254"],
        table: table::WINDOWS_1254,
        has: no_controls,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &["CP1255", "MS-HEBR", "WINDOWS-1255"],
        table: table::WINDOWS_1255,
        has: no_controls,
        keeps_controls: false,
        instead: &[
            (0x5ba, &[]), (0xfb1d, &[0xe9, 0xc4]), (0xfb1f, &[0xd6, 0xc7]), (0xfb2a, &[0xf9,
            0xd1]), (0xfb2b, &[0xf9, 0xd2]), (0xfb2c, &[0xf9, 0xcc, 0xd1]), (0xfb2d, &[0xf9,
            0xcc, 0xd2]), (0xfb2e, &[0xe0, 0xc7]), (0xfb2f, &[0xe0, 0xc8]), (0xfb30, &[0xe0,
            0xcc]), (0xfb31, &[0xe1, 0xcc]), (0xfb32, &[0xe2, 0xcc]), (0xfb33, &[0xe3, 0xcc]),
            (0xfb34, &[0xe4, 0xcc]), (0xfb35, &[0xe5, 0xcc]), (0xfb36, &[0xe6, 0xcc]), (0xfb38,
            &[0xe8, 0xcc]), (0xfb39, &[0xe9, 0xcc]), (0xfb3a, &[0xea, 0xcc]), (0xfb3b, &[0xeb,
            0xcc]), (0xfb3c, &[0xec, 0xcc]), (0xfb3e, &[0xee, 0xcc]), (0xfb40, &[0xf0, 0xcc]),
            (0xfb41, &[0xf1, 0xcc]), (0xfb43, &[0xf3, 0xcc]), (0xfb44, &[0xf4, 0xcc]), (0xfb46,
            &[0xf6, 0xcc]), (0xfb47, &[0xf7, 0xcc]), (0xfb48, &[0xf8, 0xcc]), (0xfb49, &[0xf9,
            0xcc]), (0xfb4a, &[0xfa, 0xcc]), (0xfb4b, &[0xe5, 0xc9]), (0xfb4c, &[0xe1, 0xcf]),
            (0xfb4d, &[0xeb, 0xcf]), (0xfb4e, &[0xf4, 0xcf]),
        ],
    },
    Legacy {
        names: &["CP1256", "CP9448", "CSIBM9448", "IBM-9448", "IBM9448", "MS-ARAB", "WINDOWS-1256"],
        table: table::WINDOWS_1256,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &["CP1257", "WINBALTRIM", "WINDOWS-1257"],
        table: table::WINDOWS_1257,
        has: no_controls,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "874", "CP1162", "CP874", "CSIBM11621162", "IBM-1162", "IBM1162", "IBM874",
            "WINDOWS-874",
        ],
        table: table::WINDOWS_874,
        has: no_controls,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &["CP932", "CSWINDOWS31J", "MS932", "SJIS-OPEN", "SJIS-WIN", "WINDOWS-31J"],
        table: table::SHIFT_JIS,
        has: windows_31j,
        keeps_controls: false,
        instead: &[
            (0x80, &[]), (0xa2, &[0x81, 0x91]), (0xa3, &[0x81, 0x92]), (0xac, &[0x81, 0xca]),
            (0x2014, &[0x81, 0x5c]), (0x2016, &[0x81, 0x61]), (0x301c, &[0x81, 0x60]),
        ],
    },
    Legacy {
        names: &["CP949", "MSCP949", "OSF100203B5", "UHC"],
        table: table::EUC_KR,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &["CSEUCPKDFMTJAPANESE", "EUC-JP", "EUCJP", "OSF00030010", "UJIS"],
        table: table::EUC_JP,
        has: jis_x_0208,
        keeps_controls: true,
        instead: &[
            (0x8e, &[]), (0x8f, &[]), (0xa2, &[0xa1, 0xf1]), (0xa3, &[0xa1, 0xf2]), (0xac,
            &[0xa2, 0xcc]), (0x2016, &[0xa1, 0xc2]), (0x2225, &[]), (0x301c, &[0xa1, 0xc1]),
            (0xff0d, &[]), (0xffe0, &[]), (0xffe1, &[]), (0xffe2, &[]),
        ],
    },
    Legacy {
        names: &["CSEUCKR", "EUC-KR", "EUCKR", "OSF0004000A"],
        table: table::EUC_KR,
        has: ks_x_1001,
        keeps_controls: true,
        instead: &[(0x20a9, &[0xa3, 0xdc]), (0x327e, &[0xa2, 0xe8])],
    },
    Legacy {
        names: &["GB18030"],
        table: table::GB18030,
        has: all,
        keeps_controls: false,
        instead: &[
            (0xe5e5, &[0xa3, 0xa0]), (0xe78d, &[]), (0xe78e, &[]), (0xe78f, &[]), (0xe790, &[]),
            (0xe791, &[]), (0xe792, &[]), (0xe793, &[]), (0xe794, &[]), (0xe795, &[]), (0xe796,
            &[]), (0xe816, &[]), (0xe817, &[]), (0xe818, &[]), (0xe81e, &[]), (0xe826, &[]),
            (0xe82b, &[]), (0xe82c, &[]), (0xe831, &[]), (0xe832, &[]), (0xe83b, &[]), (0xe843,
            &[]), (0xe854, &[]), (0xe855, &[]), (0xe864, &[]), (0x20087, &[0xfe, 0x51]),
            (0x20089, &[0xfe, 0x52]), (0x200cc, &[0xfe, 0x53]), (0x215d7, &[0xfe, 0x6c]),
            (0x2298f, &[0xfe, 0x76]), (0x241fe, &[0xfe, 0x91]),
        ],
    },
    Legacy {
        names: &["CN-GB", "CSGB2312", "EUC-CN", "EUCCN", "GB2312"],
        table: table::GBK,
        has: gb_2312,
        keeps_controls: false,
        instead: &[(0xb7, &[]), (0x2014, &[]), (0x2015, &[0xa1, 0xaa]), (0x30fb, &[0xa1, 0xa4])],
    },
    Legacy {
        names: &["CP936", "GB13000", "GBK", "MS936", "WINDOWS-936"],
        table: table::GBK,
        has: gbk,
        keeps_controls: false,
        instead: &[(0x20ac, &[0x80])],
    },
    Legacy {
        names: &["866", "CP866", "CSIBM866", "IBM866"],
        table: table::IBM866,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "CSISOLATIN6", "ISO-8859-10", "ISO-IR-157", "ISO8859-10", "ISO885910",
            "ISO_8859-10", "ISO_8859-10:1992", "L6", "LATIN6", "OSF0001000A",
        ],
        table: table::ISO_8859_10,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &["HP-THAI8", "HPTHAI8", "ISO-8859-11", "ISO8859-11", "ISO885911", "THAI8"],
        table: table::WINDOWS_874,
        has: upper,
        keeps_controls: true,
        instead: &[],
    },
    Legacy {
        names: &[
            "BALTIC", "CP921", "CSIBM921", "IBM-921", "IBM921", "ISO-8859-13", "ISO-IR-179",
            "ISO8859-13", "ISO885913", "L7", "LATIN7",
        ],
        table: table::ISO_8859_13,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "ISO-8859-14", "ISO-CELTIC", "ISO-IR-199", "ISO8859-14", "ISO885914", "ISO_8859-14",
            "ISO_8859-14:1998", "L8", "LATIN8",
        ],
        table: table::ISO_8859_14,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "ISO-8859-15", "ISO-IR-203", "ISO8859-15", "ISO885915", "ISO_8859-15",
            "ISO_8859-15:1998", "LATIN-9", "LATIN9",
        ],
        table: table::ISO_8859_15,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "ISO-8859-16", "ISO-IR-226", "ISO8859-16", "ISO885916", "ISO_8859-16",
            "ISO_8859-16:2001", "L10", "LATIN10",
        ],
        table: table::ISO_8859_16,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "8859_2", "CP912", "CSISOLATIN2", "IBM912", "ISO-8859-2", "ISO-IR-101", "ISO8859-2",
            "ISO88592", "ISO_8859-2", "ISO_8859-2:1987", "L2", "LATIN2", "OSF00010002",
        ],
        table: table::ISO_8859_2,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "8859_3", "CSISOLATIN3", "ISO-8859-3", "ISO-IR-109", "ISO8859-3", "ISO88593",
            "ISO_8859-3", "ISO_8859-3:1988", "L3", "LATIN3", "OSF00010003",
        ],
        table: table::ISO_8859_3,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "8859_4", "CSISOLATIN4", "ISO-8859-4", "ISO-IR-110", "ISO8859-4", "ISO88594",
            "ISO_8859-4", "ISO_8859-4:1988", "L4", "LATIN4", "OSF00010004",
        ],
        table: table::ISO_8859_4,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "8859_5", "CP915", "CSISOLATINCYRILLIC", "CYRILLIC", "IBM915", "ISO-8859-5", "ISO-
            IR-144", "ISO8859-5", "ISO88595", "ISO_8859-5", "ISO_8859-5:1988", "OSF00010005",
        ],
        table: table::ISO_8859_5,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "8859_6", "ARABIC", "ASMO-708", "CP1089", "CSISOLATINARABIC", "ECMA-114", "IBM1089",
            "ISO-8859-6", "ISO-IR-127", "ISO8859-6", "ISO88596", "ISO_8859-6",
            "ISO_8859-6:1987", "OSF00010006",
        ],
        table: table::ISO_8859_6,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "8859_7", "CP813", "CSISOLATINGREEK", "ECMA-118", "ELOT_928", "GREEK", "GREEK8",
            "IBM813", "ISO-8859-7", "ISO-IR-126", "ISO8859-7", "ISO88597", "ISO_8859-7",
            "ISO_8859-7:1987", "ISO_8859-7:2003", "OSF00010007",
        ],
        table: table::ISO_8859_7,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "8859_8", "CP916", "CSISOLATINHEBREW", "HEBREW", "IBM916", "ISO-8859-8", "ISO-
            IR-138", "ISO8859-8", "ISO88598", "ISO_8859-8", "ISO_8859-8:1988", "OSF00010008",
        ],
        table: table::ISO_8859_8,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &[
            "8859_9", "CP920", "CSISOLATIN5", "ECMA-128", "IBM920", "ISO-8859-9", "ISO-IR-148",
            "ISO8859-9", "ISO88599", "ISO_8859-9", "ISO_8859-9:1989", "L5", "LATIN5",
            "OSF00010009", "TS-5881",
        ],
        table: table::WINDOWS_1254,
        has: upper,
        keeps_controls: true,
        instead: &[],
    },
    Legacy {
        names: &["CSKOI8R", "KOI8-R", "KOI8R"],
        table: table::KOI8_R,
        has: all,
        keeps_controls: false,
        instead: &[],
    },
    Legacy {
        names: &["KOI8-U", "KOI8U"],
        table: table::KOI8_U,
        has: all,
        keeps_controls: false,
        instead: &[(0x40e, &[]), (0x45e, &[]), (0x255d, &[0xae]), (0x256c, &[0xbe])],
    },
    Legacy {
        names: &["CSMACINTOSH", "MAC", "MACINTOSH"],
        table: table::MACINTOSH,
        has: all,
        keeps_controls: false,
        instead: &[(0x394, &[0xc6]), (0x2206, &[]), (0xe01e, &[0xf0]), (0xf8ff, &[])],
    },
    Legacy {
        names: &["CSSHIFTJIS", "MS_KANJI", "SHIFT-JIS", "SHIFT_JIS", "SJIS"],
        table: table::SHIFT_JIS,
        has: shift_jis,
        keeps_controls: false,
        instead: &[
            (0x80, &[]), (0xa2, &[0x81, 0x91]), (0xa3, &[0x81, 0x92]), (0xac, &[0x81, 0xca]),
            (0x2016, &[0x81, 0x61]), (0x2225, &[]), (0x301c, &[0x81, 0x60]), (0xff0d, &[]),
            (0xff5e, &[]),
        ],
    },
    Legacy {
        names: &["ISO-IR-166", "TIS-620", "TIS620", "TIS620-0", "TIS620.2529-1", "TIS620.2533-0"],
        table: table::WINDOWS_874,
        has: upper,
        keeps_controls: false,
        instead: &[(0xa0, &[])],
    },
];

/// Two bytes as a number, one byte as itself.
fn code(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |code, byte| code << 8 | u32::from(*byte))
}

const fn is_private(c: u32) -> bool {
    matches!(c, 0xe000..=0xf8ff)
}

fn all(_: u32, _: &[u8]) -> bool {
    true
}

/// The table has control characters where the code page has holes.
fn no_controls(c: u32, _: &[u8]) -> bool {
    !matches!(c, 0x80..=0x9f)
}

/// The upper half without what Windows put at the places of control characters.
fn upper(_: u32, bytes: &[u8]) -> bool {
    code(bytes) >= 0xa1 || bytes == b"\xa0"
}

fn big5(_: u32, bytes: &[u8]) -> bool {
    matches!(code(bytes), 0xa100..=0xa3bf | 0xa3e1 | 0xa400..=0xc67f | 0xc900..=0xf9fd)
}

fn gb_2312(c: u32, bytes: &[u8]) -> bool {
    !is_private(c)
        && matches!(bytes, [0xa1..=0xf7, 0xa1..=0xff])
        && !matches!(code(bytes), 0xa2a1..=0xa2aa | 0xa6d9..=0xa6f5 | 0xa8bb..=0xa8c0)
}

fn gbk(c: u32, bytes: &[u8]) -> bool {
    let is_addition = matches!(
        code(bytes),
        0xa6d9..=0xa6df | 0xa6ec | 0xa6ed | 0xa6f3 | 0xa8bc | 0xa8bf | 0xa989..=0xa995 | 0xfe50..=0xfea0
    );
    bytes.len() == 2 && !is_private(c) && !is_addition
}

/// Without the rows 9 to 15 and from 85 on.
fn jis_x_0208(_: u32, bytes: &[u8]) -> bool {
    matches!(bytes, [_] | [0x8e, _] | [0xa1..=0xa8 | 0xb0..=0xf4, _])
}

fn ks_x_1001(_: u32, bytes: &[u8]) -> bool {
    matches!(bytes, [0xa1..=0xff, 0xa1..=0xff])
}

/// [`jis_x_0208`] in its other form.
fn shift_jis(_: u32, bytes: &[u8]) -> bool {
    matches!(bytes, [_] | [0x81..=0x84 | 0x88..=0x9f | 0xe0..=0xea, _])
}

/// The private area is not in the table.
fn windows_31j(c: u32, _: &[u8]) -> bool {
    !is_private(c)
}
