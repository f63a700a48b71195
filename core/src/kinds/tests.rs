//! What kinds promise.
