//! Errors of the relay as a client sees them (protocol §5.7): an HTTP status and a stable code. The same code and the same
//! size for everything that a wrong key could cause, so that nothing can be learned by trying (attack 41).

/// What a request as a whole can fail with. Items of a push fail one by one, with [`crate::message::Refused`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorCode {
    /// 400: not decodable, or a missing parameter.
    BadRequest,
    /// 401: no valid session; open a new one.
    Unauthorized,
    /// 403: the certificate is not this municipality's, or the device was revoked.
    Forbidden,
    /// 404: no such path, or nothing there for this device.
    NotFound,
    /// 405: the path exists, for another method.
    MethodNotAllowed,
    /// 408: the request did not arrive in time.
    Timeout,
    /// 409: the token is from before a restore; heal and start again.
    Restored,
    /// 413: larger than the limit.
    TooLarge,
    /// 415: the body is not `application/cbor`.
    UnsupportedMediaType,
    /// 429: too many requests; `retry_after` says when.
    TooMany,
    /// 500: the fault is the relay's; try again later.
    Internal,
    /// 503: starting, stopping, full, or without its database; try again later.
    Unavailable,
}

impl ErrorCode {
    /// All codes.
    pub const ALL: [Self; 12] = [
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Timeout,
        Self::Restored,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::TooMany,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Timeout => 408,
            Self::Restored => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooMany => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }

    /// The stable name in the JSON body `{"error":…,"retry_after":…}`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Timeout => "timeout",
            Self::Restored => "restored",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::TooMany => "too_many",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }

    /// The code with this HTTP status, if there is one.
    pub fn from_status(status: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.status() == status)
    }
}
