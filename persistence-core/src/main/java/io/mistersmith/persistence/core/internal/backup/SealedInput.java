package io.mistersmith.persistence.core.internal.backup;

import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;

/** Decrypts a file as it is read. Returns no byte that is not authenticated. */
final class SealedInput extends InputStream {

  private static final int WHOLE = SealedFile.SEGMENT + SealedFile.TAG;

  private final InputStream in;
  private final SecretKey secret;
  private final SealedFile form;
  private final byte[] binding;
  private final String path;
  private byte[] segment;
  private byte[] plain = new byte[0];
  private int at;
  private int number;
  private boolean ended;

  /** Reads what follows the header in {@code in}. */
  SealedInput(InputStream in, SealedFile form, SecretKey secret, String path) throws IOException {
    this.in = in;
    this.form = form;
    this.secret = secret;
    this.binding = form.binding(path);
    this.path = path;
    this.segment = in.readNBytes(WHOLE);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int from, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (at == plain.length) {
      if (ended) {
        return -1;
      }
      decrypt();
    }
    int part = Math.min(length, plain.length - at);
    System.arraycopy(plain, at, bytes, from, part);
    at += part;
    return part;
  }

  private void decrypt() throws IOException {
    byte[] next = in.readNBytes(WHOLE);
    boolean last = next.length == 0;
    try {
      plain = form.cipher(Cipher.DECRYPT_MODE, secret, binding, number, last).doFinal(segment);
    } catch (GeneralSecurityException e) {
      throw new DamagedFileException(
          path + " is damaged: its segment " + number + " was changed, moved or cut off", e);
    }
    at = 0;
    number = Math.incrementExact(number);
    ended = last;
    segment = next;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
