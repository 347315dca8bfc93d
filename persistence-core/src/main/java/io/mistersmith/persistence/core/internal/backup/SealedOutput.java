package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.core.internal.backup.FileKeys.FileKey;
import java.io.IOException;
import java.io.OutputStream;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;

/** Encrypts a file as it is written. Closing it writes the last segment. Used by one thread. */
final class SealedOutput extends OutputStream {

  private final OutputStream out;
  private final FileKey key;
  private final SealedFile form;
  private final byte[] binding;
  private final byte[] segment = new byte[SealedFile.SEGMENT];
  private int filled;
  private int number;
  private boolean closed;

  SealedOutput(OutputStream out, FileKey key, String path) throws IOException {
    this.out = out;
    this.key = key;
    this.form = SealedFile.create(key.name());
    this.binding = form.binding(path);
    out.write(form.header());
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    int at = from;
    int left = length;
    while (left > 0) {
      if (filled == segment.length) {
        flushSegment(false);
      }
      int part = Math.min(left, segment.length - filled);
      System.arraycopy(bytes, at, segment, filled, part);
      filled += part;
      at += part;
      left -= part;
    }
  }

  private void flushSegment(boolean last) throws IOException {
    try {
      Cipher cipher = form.cipher(Cipher.ENCRYPT_MODE, key.secret(), binding, number, last);
      out.write(cipher.doFinal(segment, 0, filled));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES/GCM/NoPadding", e);
    }
    number = Math.incrementExact(number);
    filled = 0;
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      try (out) {
        flushSegment(true);
      }
    }
  }
}
