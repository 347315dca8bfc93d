package io.mistersmith.persistence.security;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Wraps data keys in this process, by AES-256-GCM: a byte for the format, the nonce, and the
 * encrypted key. The format and the master key's id are authenticated.
 */
final class LocalKeys implements KeyProvider {

  private static final byte FORMAT = 1;
  private static final int NONCE = 12;
  private static final int TAG_BITS = 128;

  private final MasterKeySource source;
  private final SecureRandom random = new SecureRandom();

  LocalKeys(MasterKeySource source) {
    this.source = source;
  }

  @Override
  public byte[] wrap(String masterKey, byte[] dataKey) {
    byte[] nonce = new byte[NONCE];
    random.nextBytes(nonce);
    byte[] encrypted = run(Cipher.ENCRYPT_MODE, masterKey, nonce, dataKey, 0, dataKey.length);
    byte[] wrapped = Arrays.copyOf(new byte[] {FORMAT}, 1 + NONCE + encrypted.length);
    System.arraycopy(nonce, 0, wrapped, 1, NONCE);
    System.arraycopy(encrypted, 0, wrapped, 1 + NONCE, encrypted.length);
    return wrapped;
  }

  @Override
  public byte[] unwrap(String masterKey, byte[] wrapped) {
    if (wrapped.length <= 1 + NONCE || wrapped[0] != FORMAT) {
      throw damaged(masterKey);
    }
    byte[] nonce = Arrays.copyOfRange(wrapped, 1, 1 + NONCE);
    return run(
        Cipher.DECRYPT_MODE, masterKey, nonce, wrapped, 1 + NONCE, wrapped.length - 1 - NONCE);
  }

  private byte[] run(int mode, String masterKey, byte[] nonce, byte[] input, int from, int length) {
    byte[] key = source.read(masterKey);
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
      cipher.updateAAD(new byte[] {FORMAT});
      cipher.updateAAD(masterKey.getBytes(StandardCharsets.UTF_8));
      return cipher.doFinal(input, from, length);
    } catch (GeneralSecurityException e) {
      if (mode == Cipher.DECRYPT_MODE) {
        throw damaged(masterKey);
      }
      throw new IllegalStateException("the JDK has no AES/GCM/NoPadding", e);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  private static NonTransientPersistenceException damaged(String masterKey) {
    return new NonTransientPersistenceException(
        DataError.UNREADABLE,
        "master key "
            + masterKey
            + " does not unwrap the data key: it is another key of that name, or the wrapped key"
            + " was changed");
  }
}
