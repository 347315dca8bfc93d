package io.mistersmith.persistence.core.internal.security;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.UUID;
import java.util.function.Function;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Encrypted bytes: a byte for the format, the id of the data key, the nonce, and AES-256-GCM's
 * ciphertext with its tag. The format decides the algorithm. It and the key's id are authenticated
 * with what the bytes are bound to.
 */
final class SealedForm {

  static final int NONCE = 12;
  static final int TAG = 16;

  /** What it adds to the bytes. */
  static final int OVERHEAD = 1 + 16 + NONCE + TAG;

  private static final byte FORMAT = 1;
  private static final int HEADER = 1 + 16;

  private SealedForm() {}

  static byte[] seal(DataKey key, byte[] nonce, byte[] binding, byte[] plain) {
    byte[] sealed = new byte[OVERHEAD + plain.length];
    ByteBuffer unused =
        ByteBuffer.wrap(sealed)
            .put(FORMAT)
            .putLong(key.id().getMostSignificantBits())
            .putLong(key.id().getLeastSignificantBits())
            .put(nonce);
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce, sealed, binding);
      int length = cipher.doFinal(plain, 0, plain.length, sealed, HEADER + NONCE);
      if (length != plain.length + TAG) {
        throw new IllegalStateException("AES/GCM/NoPadding wrote " + length + " bytes");
      }
      return sealed;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES/GCM/NoPadding", e);
    }
  }

  /** Returns the id of the data key; nobody has vouched for it. */
  static UUID keyId(byte[] sealed) throws DamagedException {
    if (sealed.length < OVERHEAD) {
      throw new DamagedException("it is too short");
    }
    if (sealed[0] != FORMAT) {
      throw new DamagedException("it has format " + sealed[0] + ", which this version cannot read");
    }
    ByteBuffer header = ByteBuffer.wrap(sealed, 1, 16);
    return new UUID(header.getLong(), header.getLong());
  }

  static byte[] open(byte[] sealed, Function<UUID, DataKey> keys, byte[] binding)
      throws DamagedException {
    DataKey key = keys.apply(keyId(sealed));
    byte[] nonce = Arrays.copyOfRange(sealed, HEADER, HEADER + NONCE);
    try {
      Cipher cipher = cipher(Cipher.DECRYPT_MODE, key, nonce, sealed, binding);
      return cipher.doFinal(sealed, HEADER + NONCE, sealed.length - HEADER - NONCE);
    } catch (GeneralSecurityException e) {
      throw new DamagedException("it was changed, or belongs to another key, type or tenant");
    }
  }

  private static Cipher cipher(int mode, DataKey key, byte[] nonce, byte[] header, byte[] binding)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key.key(), new GCMParameterSpec(TAG * 8, nonce));
    cipher.updateAAD(header, 0, HEADER);
    cipher.updateAAD(binding);
    return cipher;
  }
}
