//! Times in UTC, as pseudo-versions and `.info` write them (P5, P7, P9, O1).
//!
//! A time is a number of seconds since 1970-01-01T00:00:00Z, as git keeps it; it may be negative.
//! Dates follow the Gregorian calendar in both directions, leap seconds do not exist.

const DAY: i64 = 86_400;

/// `yyyymmddhhmmss`; years from 10000 on make it longer than 14 digits (P9).
pub fn digits(seconds: i64) -> String {
    let Moment { date, hour, minute, second } = Moment::at(seconds);
    let Date { year, month, day } = date;
    // The go command pads the digits of a year, not its sign.
    let (sign, year) = (if year < 0 { "-" } else { "" }, year.unsigned_abs());
    format!("{sign}{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// Parses exactly 14 digits of a real date (P5).
///
/// ```
/// use modgate_common::timestamp::{digits, from_digits};
/// assert_eq!(from_digits("20231114221320"), Some(1_700_000_000));
/// assert_eq!(digits(1_700_000_000), "20231114221320");
/// assert_eq!(from_digits("20230229000000"), None);
/// ```
pub fn from_digits(digits: &str) -> Option<i64> {
    if digits.len() != 14 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits[from..to].parse::<i64>().ok();
    let date = Date { year: number(0, 4)?, month: number(4, 6)?, day: number(6, 8)? };
    let moment =
        Moment { date, hour: number(8, 10)?, minute: number(10, 12)?, second: number(12, 14)? };
    moment.seconds()
}

/// The last second that four digits of a year can name.
pub const LATEST: i64 = 253_402_300_799;

/// RFC 3339 with seconds, `2023-11-14T22:13:20Z`; `None` where the year needs more than four digits.
pub fn rfc3339(seconds: i64) -> Option<String> {
    let Moment { date, hour, minute, second } = Moment::at(seconds);
    let Date { year, month, day } = date;
    (0..=9999)
        .contains(&year)
        .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// Parses what [`rfc3339`] writes; nothing else.
pub fn from_rfc3339(text: &str) -> Option<i64> {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00Z";
    let fits = text.len() == SHAPE.len()
        && text.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        });
    if !fits {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    from_digits(&digits)
}

struct Moment {
    date: Date,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Moment {
    fn at(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        Self { date: Date::at(days), hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60 }
    }

    /// `None` where a field is out of its range.
    fn seconds(&self) -> Option<i64> {
        let in_range = self.hour < 24 && self.minute < 60 && self.second < 60;
        let days = self.date.days().filter(|_| in_range)?;
        Some(days * DAY + self.hour * 3600 + self.minute * 60 + self.second)
    }
}

struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    const CYCLE_YEARS: i64 = 400;
    const CYCLE_DAYS: i64 = 146_097;
    /// From 1 March of the year 0 to 1970-01-01.
    const EPOCH: i64 = 719_468;

    // Both directions count years from March: the leap day is then the last of its year, and the
    // months' lengths repeat every five months (153 days).

    fn at(days: i64) -> Self {
        let days = days + Self::EPOCH;
        let (cycle, day) = (days.div_euclid(Self::CYCLE_DAYS), days.rem_euclid(Self::CYCLE_DAYS));
        // Less the leap days so far, every year has 365 days.
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, after_new_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        Self { year: cycle * Self::CYCLE_YEARS + year + after_new_year, month, day }
    }

    /// Days since 1970-01-01; `None` where there is no such date.
    fn days(&self) -> Option<i64> {
        if !(1..=12).contains(&self.month) || !(1..=self.days_in_month()).contains(&self.day) {
            return None;
        }
        let (year, month) = if self.month > 2 {
            (self.year, self.month - 3)
        } else {
            (self.year - 1, self.month + 9)
        };
        let (cycle, year) =
            (year.div_euclid(Self::CYCLE_YEARS), year.rem_euclid(Self::CYCLE_YEARS));
        let day = (153 * month + 2) / 5 + self.day - 1;
        Some(cycle * Self::CYCLE_DAYS + 365 * year + year / 4 - year / 100 + day - Self::EPOCH)
    }

    fn days_in_month(&self) -> i64 {
        let is_leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        match self.month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

#[cfg(test)]
mod tests;
