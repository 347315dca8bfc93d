package io.mistersmith.persistence.core.internal.security;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Encrypted bytes of a part of a large value, behind a mark that tells them from others. */
final class SealedParts {

  private static final byte[] MARK = "\0sealed\1".getBytes(StandardCharsets.ISO_8859_1);

  /** What it adds to the bytes. */
  static final int OVERHEAD = MARK.length + SealedForm.OVERHEAD;

  private SealedParts() {}

  static byte[] write(byte[] sealed) {
    byte[] part = Arrays.copyOf(MARK, MARK.length + sealed.length);
    System.arraycopy(sealed, 0, part, MARK.length, sealed.length);
    return part;
  }

  /** Returns the encrypted bytes; empty where there is no mark. */
  static Optional<byte[]> read(byte[] part) {
    return part.length >= MARK.length && Arrays.equals(part, 0, MARK.length, MARK, 0, MARK.length)
        ? Optional.of(Arrays.copyOfRange(part, MARK.length, part.length))
        : Optional.empty();
  }
}
