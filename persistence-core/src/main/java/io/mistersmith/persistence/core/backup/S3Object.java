package io.mistersmith.persistence.core.backup;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.Objects;
import java.util.Optional;

/**
 * Reads an object, and opens the same version of it again where it was when the connection breaks.
 * One thread.
 */
final class S3Object extends InputStream {

  /** How often the connection may break before anything more is read. */
  private static final int MOST_BREAKS = 5;

  private static final int LONGEST_ERROR = 64 * 1024;
  private static final int OK = 200;
  private static final int BEYOND_END = 416;

  private final S3Client client;
  private final String what;
  private final String key;
  private final Optional<String> version;
  private InputStream rest;
  private long at;
  private int breaks;

  /** Opens an object at an offset. */
  S3Object(S3Client client, String what, String key, long offset) {
    this.client = client;
    this.what = what;
    this.key = key;
    this.at = offset;
    HttpResponse<InputStream> answer = client.open(what, call(key, offset, Optional.empty()));
    this.version = answer.headers().firstValue("etag");
    this.rest = body(client, what, answer, offset);
  }

  private static S3Call call(String key, long from, Optional<String> version) {
    S3Call whole = S3Call.of("GET", key);
    S3Call part = from == 0 ? whole : whole.header("range", "bytes=" + from + "-");
    return version.map(tag -> part.header("if-match", tag)).orElse(part);
  }

  private static InputStream body(
      S3Client client, String what, HttpResponse<InputStream> answer, long from) {
    InputStream body = answer.body();
    int status = answer.statusCode();
    try {
      if (status / 100 == 2) {
        if (status == OK && from > 0) {
          body.skipNBytes(from); // a store that does not know ranges
        }
        return body;
      }
      try (body) {
        byte[] said = body.readNBytes(LONGEST_ERROR);
        if (status == BEYOND_END) {
          return InputStream.nullInputStream();
        }
        throw client.failure(what, status, said);
      }
    } catch (EOFException end) {
      return InputStream.nullInputStream();
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, what + ": the answer broke off", e);
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int from, int length) throws IOException {
    Objects.checkFromIndexSize(from, length, into.length);
    if (length == 0) {
      return 0;
    }
    while (true) {
      try {
        int read = rest.read(into, from, length);
        if (read > 0) {
          at += read;
          breaks = 0;
        }
        return read;
      } catch (IOException e) {
        breaks++;
        if (breaks > MOST_BREAKS || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        rest.close();
        rest = body(client, what, client.open(what, call(key, at, version)), at);
      }
    }
  }

  @Override
  public void close() throws IOException {
    rest.close();
  }
}
