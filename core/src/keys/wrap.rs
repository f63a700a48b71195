//! Wrapping a root to a member (protocol §6.2): HPKE base mode (RFC 9180) with X-Wing (KEM 0x647a), HKDF-SHA256 and
//! AES-256-GCM, empty associated data; circle, epoch and member are bound through `info`.

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal_with_rng};
use tvaers_wire::entry::Member;
use tvaers_wire::ids::Fixed;
use tvaers_wire::limits::KEM_PUBLIC;

use super::{Root, Secret, check_kem};
use crate::rng::CryptoRng;

/// Length of the X-Wing encapsulation at the front of a wrap.
const ENCAPSULATION: usize = 1_120;

/// Why a wrap did not open, or could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrapError {
    /// The public key is not an X-Wing key.
    #[error("the recipient's key is not valid")]
    BadKey,
    /// Not a wrap for this key, epoch and member.
    #[error("the wrap is not for this key, epoch and member")]
    NotForUs,
}

/// A private X-Wing key, from its 32-byte seed.
pub struct KemKey(<XWing as Kem>::PrivateKey);

impl KemKey {
    /// The key of this seed.
    pub fn from_seed(seed: &Secret) -> Option<Self> {
        <XWing as Kem>::PrivateKey::from_bytes(seed.expose()).ok().map(Self)
    }

    /// Its public half.
    pub fn public(&self) -> Fixed<KEM_PUBLIC> {
        let mut out = [0; KEM_PUBLIC];
        <XWing as Kem>::sk_to_pk(&self.0).write_exact(&mut out);
        Fixed(out)
    }
}

impl std::fmt::Debug for KemKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KemKey(…)")
    }
}

/// Wraps `root` so that only the holder of `recipient` opens it, and only as this member's wrap of this epoch.
pub fn wrap(
    root: &Root,
    recipient: &Fixed<KEM_PUBLIC>,
    binding: &[u8; 32],
    member: &Member,
    mut rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, WrapError> {
    check_kem(recipient).map_err(|_| WrapError::BadKey)?;
    let key = <XWing as Kem>::PublicKey::from_bytes(&recipient.0).map_err(|_| WrapError::BadKey)?;
    let info = info(binding, member);
    let (encapsulated, sealed) = single_shot_seal_with_rng::<AesGcm256, HkdfSha256, XWing>(
        &OpModeS::Base,
        &key,
        &info,
        root.secret().expose(),
        &[],
        &mut rng,
    )
    .map_err(|_| WrapError::BadKey)?;
    let mut out = encapsulated.to_bytes().to_vec();
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// True if `hpke` takes these bytes for an X-Wing key.
pub(super) fn is_xwing(key: &Fixed<KEM_PUBLIC>) -> bool {
    <XWing as Kem>::PublicKey::from_bytes(&key.0).is_ok()
}

/// Opens a wrap.
pub fn unwrap(wrap: &[u8], key: &KemKey, binding: &[u8; 32], member: &Member) -> Result<Root, WrapError> {
    let (encapsulated, sealed) = wrap.split_at_checked(ENCAPSULATION).ok_or(WrapError::NotForUs)?;
    let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| WrapError::NotForUs)?;
    let info = info(binding, member);
    let root =
        single_shot_open::<AesGcm256, HkdfSha256, XWing>(&OpModeR::Base, &key.0, &encapsulated, &info, sealed, &[])
            .map_err(|_| WrapError::NotForUs)?;
    Secret::from_slice(&zeroize::Zeroizing::new(root)).map(Root::new).ok_or(WrapError::NotForUs)
}

/// `"tvaers/1/wrap" ‖ binding ‖ CBOR(member)`. The binding covers circle, parents, subject, nonce and signer.
fn info(binding: &[u8; 32], member: &Member) -> Vec<u8> {
    let mut out = b"tvaers/1/wrap".to_vec();
    out.extend_from_slice(binding);
    // Writing to a Vec cannot fail.
    let _ = minicbor::encode(member, &mut out);
    out
}
