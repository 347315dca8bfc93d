package io.mistersmith.persistence.core.backup;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mistersmith.persistence.backup.BackupTarget.Upload;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes an object: with one request where it fits into a part, else in parts. A part is sent with
 * its SHA-256, which the store compares. What was sent of an upload that was cut off is found
 * again, and a part that the store has with the same content is not sent again. One thread.
 */
final class S3Upload implements Upload {

  private static final int MIB = 1024 * 1024;
  private static final int MOST_PARTS = 10_000;

  /** An array cannot have more; an object of that many parts is beyond what S3 keeps. */
  private static final int MOST_BYTES = 1024 * MIB;

  private final S3Target target;
  private final S3Writes writes;
  private final String path;
  private final String key;
  private final S3Parts parts;
  private final long size;
  private final MessageDigest digest = S3Digests.sha256();
  private final long offset;
  private final byte[] buffer;
  private final TreeMap<Integer, S3Parts.Part> known = new TreeMap<>();
  private final TreeMap<Integer, String> sent = new TreeMap<>();
  private @Nullable String upload;
  private int filled;
  private long written;
  private int number;
  private boolean completed;

  /**
   * Begins, or goes on.
   *
   * @param size how many bytes the object has; negative when that is not known
   * @param skip whether to go on after the parts that the store has
   */
  S3Upload(S3Target target, S3Writes writes, String path, long size, boolean skip) {
    this.target = target;
    this.writes = writes;
    this.path = path;
    this.key = target.key(path);
    this.parts = new S3Parts(target.client(), key);
    this.size = size;
    int part = partSize(size, target.partSize());
    this.buffer = new byte[size < 0 || size > part ? part : (int) size];
    if (size > part) {
      find();
    } else if (size < 0) {
      parts.abortAll();
    }
    this.offset = skip ? skipKnown() : 0;
    this.written = offset;
  }

  /** Returns how long the parts of an object are; the same for each attempt to write it. */
  static int partSize(long size, int least) {
    if (size < 0) {
      return 2 * least;
    }
    long needed = (size + MOST_PARTS - 1) / MOST_PARTS;
    long rounded = (needed + MIB - 1) / MIB * MIB;
    return (int) Math.min(MOST_BYTES, Math.max(least, rounded));
  }

  private void find() {
    Optional<String> found = parts.find();
    if (found.isPresent()) {
      upload = found.get();
      known.putAll(parts.parts(found.get()));
    }
  }

  /** Takes over the parts that the store has from the first one on, but the last. */
  private long skipKnown() {
    long skipped = 0;
    Map.Entry<Integer, S3Parts.Part> next = known.firstEntry();
    while (next != null
        && next.getKey() == number + 1
        && next.getValue().size() == buffer.length
        && skipped + buffer.length < size) {
      number++;
      sent.put(number, next.getValue().etag());
      skipped += buffer.length;
      next = known.higherEntry(number);
    }
    return skipped;
  }

  @Override
  public long offset() {
    return offset;
  }

  @Override
  public void write(byte[] bytes, int from, int length) {
    Objects.checkFromIndexSize(from, length, bytes.length);
    if (size >= 0 && written + length > size) {
      throw otherSize("more than");
    }
    digest.update(bytes, from, length);
    written += length;
    int at = from;
    int left = length;
    while (left > 0) {
      if (filled == buffer.length) {
        sendPart();
      }
      int now = Math.min(left, buffer.length - filled);
      System.arraycopy(bytes, at, buffer, filled, now);
      filled += now;
      at += now;
      left -= now;
    }
    if (filled == buffer.length && written < size) {
      sendPart(); // more follows: an upload that is left here goes on after it
    }
  }

  /** Called when more follows, and for the last part of an object that has several. */
  private void sendPart() {
    number++;
    if (number > MOST_PARTS) {
      throw new NonTransientPersistenceException(
          DataError.VALUE_TOO_LARGE,
          "write " + path + ": it has more than " + MOST_PARTS + " parts; announce its size");
    }
    String id = upload;
    if (id == null) {
      id = parts.begin(target.storageClassOf(path));
      upload = id;
    }
    byte[] part = filled == buffer.length ? buffer : Arrays.copyOf(buffer, filled);
    S3Parts.Part there = known.get(number);
    sent.put(number, there != null && there.isOf(part) ? there.etag() : send(id, part));
    filled = 0;
  }

  private String send(String id, byte[] part) {
    String what = "write part " + number + " of " + path;
    HttpResponse<byte[]> answer =
        target
            .client()
            .send(
                what,
                S3Call.of("PUT", key)
                    .query("partNumber", Integer.toString(number))
                    .query("uploadId", id)
                    .body(part));
    if (answer.statusCode() / 100 != 2) {
      throw target.client().failure(what, answer);
    }
    return answer
        .headers()
        .firstValue("etag")
        .orElseThrow(() -> target.client().failure(what + " (no ETag)", answer));
  }

  @Override
  public void complete() {
    if (size >= 0 && written != size) {
      throw otherSize("less than");
    }
    String sha256 = HexFormat.of().formatHex(digest.digest());
    String id = upload;
    if (id == null) {
      writes.store(path, Arrays.copyOf(buffer, filled), sha256);
    } else {
      if (filled > 0) {
        sendPart();
      }
      writes.end(path, id, list(), new S3Writes.Written(written, offset, sha256));
    }
    completed = true;
  }

  private byte[] list() {
    StringBuilder xml = new StringBuilder("<CompleteMultipartUpload>");
    sent.forEach(
        (part, etag) ->
            xml.append("<Part><PartNumber>")
                .append(part)
                .append("</PartNumber><ETag>")
                .append(etag.replace("&", "&amp;").replace("<", "&lt;"))
                .append("</ETag></Part>"));
    return xml.append("</CompleteMultipartUpload>").toString().getBytes(UTF_8);
  }

  private NonTransientPersistenceException otherSize(String how) {
    return new NonTransientPersistenceException(
        DataError.DATA_CORRUPTION,
        "write " + path + ": the content has " + how + " the " + size + " bytes announced");
  }

  /** Keeps the parts of an object whose size is known, for the next attempt. */
  @Override
  public void close() {
    String id = upload;
    if (!completed && size < 0 && id != null) {
      upload = null;
      parts.abort(id);
    }
  }
}
