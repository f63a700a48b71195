//! The two languages of the desk. The words are in `desk/i18n/`, by the glossary.

use std::sync::LazyLock;

use fluent::concurrent::FluentBundle;
use fluent::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// A language of the desk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// Danish: the first one.
    Danish,
    /// English.
    English,
}

impl Language {
    /// By its code.
    pub(super) fn from_code(code: &str) -> Option<Self> {
        match code {
            "da" => Some(Self::Danish),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// Its code, for the page's `lang`.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Danish => "da",
            Self::English => "en",
        }
    }

    /// The one that a browser asks for most (RFC 9110 §12.5.4); Danish if it asks for neither.
    pub(super) fn accepted(header: &str) -> Self {
        let mut best = (0.0, Self::Danish);
        for part in header.split(',') {
            let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
            let weight = rest.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse).unwrap_or(0.0_f32);
            let code = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            if let Some(language) = Self::from_code(&code).filter(|_| weight > best.0) {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The words in this language.
    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::Danish => &DANISH,
            Self::English => &ENGLISH,
        }
    }
}

static DANISH: LazyLock<Words> = LazyLock::new(|| Words::new("da", include_str!("../../i18n/da.ftl")));
static ENGLISH: LazyLock<Words> = LazyLock::new(|| Words::new("en", include_str!("../../i18n/en.ftl")));

/// The words of one language.
pub(crate) struct Words(FluentBundle<FluentResource>);

impl Words {
    /// The words of a file in `desk/i18n/`.
    pub(crate) fn new(code: &str, source: &str) -> Self {
        let language: LanguageIdentifier = code.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Values are times, numbers and names of the directory; what people typed stands in elements of its own (`<bdi>`).
        bundle.set_use_isolating(false);
        // Broken sentences are left out, the others stand; a test holds that there are none.
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(partial, _)| partial);
        bundle.add_resource_overriding(resource);
        Self(bundle)
    }

    /// A sentence without values. A missing one shows its key: visible, and no page is lost for it.
    pub(crate) fn get(&self, key: &str) -> String {
        self.with(key, &FluentArgs::new())
    }

    /// A sentence with values.
    pub(crate) fn with(&self, key: &str, values: &FluentArgs<'_>) -> String {
        let Some(pattern) = self.0.get_message(key).and_then(|message| message.value()) else { return key.to_owned() };
        self.0.format_pattern(pattern, Some(values), &mut Vec::new()).into_owned()
    }
}

/// What is asked of every pair of files with sentences.
#[cfg(test)]
pub(crate) mod check {
    use std::collections::BTreeSet;

    use super::FluentResource;

    pub(crate) fn keys(source: &str) -> BTreeSet<&str> {
        let lines = source.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
        lines.filter_map(|line| line.split_once(" =")).map(|(key, _)| key).collect()
    }

    pub(crate) fn check_alike(danish: &str, english: &str) {
        for source in [danish, english] {
            assert!(FluentResource::try_new(source.to_owned()).is_ok());
        }
        assert_eq!(keys(danish), keys(english));
    }
}

#[cfg(test)]
mod tests {
    use super::Language;
    use super::check::{check_alike, keys};

    const DA: &str = include_str!("../../i18n/da.ftl");
    const EN: &str = include_str!("../../i18n/en.ftl");

    #[test]
    fn both_languages_are_whole_and_say_the_same_things() {
        check_alike(DA, EN);
        assert!(keys(DA).len() > 100);
    }

    #[test]
    fn the_screens_never_name_the_relay() {
        assert!(!DA.to_lowercase().contains("relæ"));
        assert!(!EN.to_lowercase().contains("relay"));
    }

    #[test]
    fn the_browser_chooses_and_danish_is_the_default() {
        for (header, language) in [
            ("", Language::Danish),
            ("de, fr;q=0.5", Language::Danish),
            ("en-GB,en;q=0.9,da;q=0.8", Language::English),
            ("da,en-US;q=0.9", Language::Danish),
            ("en;q=0.2, da;q=0.7", Language::Danish),
            ("en;q=x", Language::Danish),
            ("EN-us", Language::English),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }
}
