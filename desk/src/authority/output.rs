//! What a command leaves beside the office: files for nobody else to read, and codes to be scanned.

use std::fs::{File, OpenOptions};
use std::io::{Result, Write};
use std::path::Path;

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use super::say::Sentence;

/// A new file that only its owner may read. One that is there already is left as it is.
pub(super) fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes to a new file, durably.
pub(super) fn fill(mut file: File, bytes: &[u8]) -> Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// A QR code of a text.
pub(super) fn qr(text: &str, level: EcLevel) -> std::result::Result<QrCode, Sentence> {
    QrCode::with_error_correction_level(text.as_bytes(), level).map_err(|_| Sentence::of("sheet-code"))
}

/// A code as a picture within a page: without the prologue of a file of its own.
pub(super) fn picture(code: &QrCode) -> String {
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    drawn.find("<svg").map_or_else(String::new, |at| drawn[at..].to_owned())
}
