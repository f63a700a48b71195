//! Erasure from afar (protocol §5.11): what a revoked device is told by a relay that serves it nothing else, and the receipt by which
//! it says that it has erased itself. Only the authority's word erases, and only the device's own key gives a receipt.

use minicbor::{Decode, Encode};

use crate::bytes::Bytes;
use crate::codec::{Canonical, at_most};
use crate::hash::{BadSignature, Label, verify};
use crate::ids::{DeviceId, Fixed, MunicipalityId};
use crate::limits;
use crate::statement::{Authority, Claim, DeviceKeys, SignedStatement, StatementError};

/// Answer to `POST /v1/wipe`: [`crate::vouched::Vouched::word_for`] the device that has proved itself.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct WipeWord {
    /// By rising serial, so that each is judged by those before.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::WORD_STATEMENTS }, _, _>")]
    pub statements: Vec<SignedStatement>,
}

impl Canonical for WipeWord {
    const NAME: &'static str = "wipe word";
    const MAX_LEN: usize = limits::WORD_STATEMENTS * 2 * 1024;
}

/// What a device says of its own erasure. Numbers only.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct WipeReceipt {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// Whose device it was.
    #[n(1)]
    pub municipality: MunicipalityId,
    /// Which.
    #[n(2)]
    pub device: DeviceId,
    /// Serial of the word that it has followed.
    #[n(3)]
    pub serial: u64,
    /// When, Unix milliseconds by the device's clock.
    #[n(4)]
    pub at: i64,
    /// How many records of its person had not left it, or not to everybody. They are gone. Absent if they could not be counted.
    #[n(5)]
    pub unsent: Option<u64>,
}

impl Canonical for WipeReceipt {
    const NAME: &'static str = "wipe receipt";
    const MAX_LEN: usize = 128;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// `POST /v1/wipe/receipt`: a receipt with the signature that was made before the key was destroyed. It brings the certificate, so
/// that a relay which was put back can still tell whose it is.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct SignedWipeReceipt {
    /// The authority's certificate for the device.
    #[n(0)]
    pub certificate: SignedStatement,
    /// The encoded [`WipeReceipt`].
    #[n(1)]
    pub body: Bytes,
    /// Ed25519 by the device over label `tvaers/1/wipe-receipt` and the body.
    #[n(2)]
    pub signature: Fixed<64>,
}

impl Canonical for SignedWipeReceipt {
    const NAME: &'static str = "signed wipe receipt";
    const MAX_LEN: usize = 4 * 1024;
}

impl SignedWipeReceipt {
    /// What the receipt says, if the keys of this device, certified by this municipality's authority, have signed it. The certificate
    /// is the caller's to verify: here it only names the keys.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn check(&self, municipality: &MunicipalityId, keys: &DeviceKeys) -> Result<WipeReceipt, StatementError> {
        verify(Label::WIPE_RECEIPT, &keys.signing.0, &[&self.body], &self.signature.0)?;
        let receipt = WipeReceipt::from_bytes(&self.body)?;
        if receipt.municipality != *municipality {
            return Err(StatementError::OtherMunicipality);
        }
        // Another device's receipt, signed by this one.
        if receipt.device == keys.device() { Ok(receipt) } else { Err(BadSignature.into()) }
    }

    /// The keys in a certificate that was verified.
    pub fn keys(claim: &Claim) -> Option<&DeviceKeys> {
        match claim {
            Claim::Device { keys, .. } => Some(keys),
            _ => None,
        }
    }
}

/// Which receipts the authority asks for.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct WipeOrder {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// The municipality whose authority signs.
    #[n(1)]
    pub municipality: MunicipalityId,
    /// Unix seconds from which it is not followed any more.
    #[n(2)]
    pub expires: u64,
    /// Of which devices.
    #[n(3)]
    #[cbor(decode_with = "at_most::<{ limits::WIPE_RECEIPTS }, _, _>")]
    pub devices: Vec<DeviceId>,
}

impl Canonical for WipeOrder {
    const NAME: &'static str = "wipe order";
    const MAX_LEN: usize = 40 * limits::WIPE_RECEIPTS + 128;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// `POST /v1/wipe/receipts`: an order with the authority's signature.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct SignedWipeOrder {
    /// The encoded [`WipeOrder`].
    #[n(0)]
    pub body: Bytes,
    /// Ed25519 by the authority over label `tvaers/1/wipe-order` and the body.
    #[n(1)]
    pub signature: Fixed<64>,
}

impl Canonical for SignedWipeOrder {
    const NAME: &'static str = "signed wipe order";
    const MAX_LEN: usize = WipeOrder::MAX_LEN + 128;
}

impl Authority {
    /// Verifies an order and returns what it says.
    ///
    /// # Errors
    /// [`StatementError`]: not an order, not signed by this authority, or for another municipality.
    pub fn check_wipe_order(&self, signed: &SignedWipeOrder) -> Result<WipeOrder, StatementError> {
        self.signed(Label::WIPE_ORDER, (&signed.body, &signed.signature), |order: &WipeOrder| order.municipality)
    }
}

/// A receipt as the relay has it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct ReceivedReceipt {
    /// As the device signed it.
    #[n(0)]
    pub receipt: SignedWipeReceipt,
    /// When it came, Unix milliseconds by the relay's clock.
    #[n(1)]
    pub received_at: u64,
}

/// Answer to an order: those that have come. A device that is missing has not been heard of.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct WipeReceipts {
    /// The receipts.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::WIPE_RECEIPTS }, _, _>")]
    pub receipts: Vec<ReceivedReceipt>,
}

impl Canonical for WipeReceipts {
    const NAME: &'static str = "wipe receipts";
    const MAX_LEN: usize = limits::WIPE_RECEIPTS * (SignedWipeReceipt::MAX_LEN + 16) + 16;
}
