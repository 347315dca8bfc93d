package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.WrappedKey;
import io.mistersmith.persistence.core.internal.base.Digests;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * The form of an encrypted file: a header, then segments of {@value #SEGMENT} bytes, each encrypted
 * by AES-256-GCM. The nonce of a segment has its number and whether it is the last one, so that
 * segments cannot be moved or cut off. Each is bound to the header and to the path of the file.
 *
 * @param header the bytes of the header
 * @param key what it says of the key
 * @param nonce the first bytes of all nonces
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
record SealedFile(byte[] header, WrappedKey key, byte[] nonce) {

  static final int SEGMENT = 64 * 1024;
  static final int TAG = 16;

  /** What every encrypted file begins with: four letters and the version of the form. */
  private static final byte[] MAGIC = {'M', 'S', 'B', 'K', 1};

  private static final int NONCE = 7;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Returns how many bytes tell whether a file is encrypted. */
  static int magicLength() {
    return MAGIC.length;
  }

  /** Returns whether a file that begins with these bytes is encrypted. */
  static boolean isSealed(byte[] begin) {
    return Arrays.equals(begin, MAGIC);
  }

  /** Makes the header of a new file. */
  static SealedFile create(WrappedKey key) {
    byte[] nonce = new byte[NONCE];
    RANDOM.nextBytes(nonce);
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream header = new DataOutputStream(bytes);
      header.write(MAGIC);
      header.writeUTF(key.masterKey());
      byte[] wrapped = Base64.getDecoder().decode(key.wrapped());
      header.writeShort(wrapped.length);
      header.write(wrapped);
      header.write(nonce);
      return new SealedFile(bytes.toByteArray(), key, nonce);
    } catch (IOException e) {
      throw new IllegalStateException("memory takes every byte", e);
    }
  }

  /** Reads the header of a file from its begin. */
  static SealedFile read(InputStream file) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream header = new DataOutputStream(bytes);
    DataInputStream in = new DataInputStream(file);
    byte[] magic = new byte[MAGIC.length];
    in.readFully(magic);
    if (!isSealed(magic)) {
      throw new IOException("the file is not encrypted");
    }
    header.write(magic);
    String masterKey = in.readUTF();
    header.writeUTF(masterKey);
    byte[] wrapped = new byte[in.readUnsignedShort()];
    in.readFully(wrapped);
    header.writeShort(wrapped.length);
    header.write(wrapped);
    byte[] nonce = new byte[NONCE];
    in.readFully(nonce);
    header.write(nonce);
    WrappedKey key = new WrappedKey(masterKey, Base64.getEncoder().encodeToString(wrapped));
    return new SealedFile(bytes.toByteArray(), key, nonce);
  }

  /** Returns what each segment of the file at a path is bound to. */
  byte[] binding(String path) {
    MessageDigest digest = Digests.sha256();
    digest.update(header);
    return digest.digest(path.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the cipher of a segment. */
  Cipher cipher(int mode, SecretKey secret, byte[] binding, int number, boolean last)
      throws GeneralSecurityException {
    byte[] whole =
        ByteBuffer.allocate(12).put(nonce).putInt(number).put((byte) (last ? 1 : 0)).array();
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, secret, new GCMParameterSpec(TAG * 8, whole));
    cipher.updateAAD(binding);
    return cipher;
  }
}
