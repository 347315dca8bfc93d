package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.core.internal.base.Digests;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Digests what is read, and fails at the end when it is not what was expected. Whoever copies it
 * has then not seen its end, and stores nothing.
 */
final class DigestedInput extends FilterInputStream {

  private final MessageDigest digest = Digests.sha256();
  private final Optional<String> expected;
  private final String name;
  private Optional<String> found = Optional.empty();

  /**
   * Reads a stream.
   *
   * @param before what was read of the content before, to be digested with it
   * @param expected the SHA-256 that the content must have
   * @param name the name of the content, for the message
   */
  DigestedInput(InputStream in, byte[] before, Optional<String> expected, String name) {
    super(in);
    this.expected = expected;
    this.name = name;
    digest.update(before);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    int read = read(one, 0, 1);
    return read < 0 ? read : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int from, int length) throws IOException {
    int read = super.read(bytes, from, length);
    if (read > 0) {
      digest.update(bytes, from, read);
    } else if (read < 0) {
      end();
    }
    return read;
  }

  /** Reads what is passed over: it belongs to the digest. */
  @Override
  public long skip(long count) throws IOException {
    byte[] passed = new byte[(int) Math.min(Math.max(count, 0), 8192)];
    return passed.length == 0 ? 0 : Math.max(0, read(passed, 0, passed.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private void end() throws DamagedFileException {
    if (found.isEmpty()) {
      found = Optional.of(HexFormat.of().formatHex(digest.digest()));
    }
    if (expected.isPresent() && !expected.get().equals(found.get())) {
      throw new DamagedFileException(
          name + " has the SHA-256 " + found.get() + " and must have " + expected.get());
    }
  }

  /** Returns the SHA-256 of the content, whose end must have been read. */
  String sha256() {
    return found.orElseThrow();
  }
}
