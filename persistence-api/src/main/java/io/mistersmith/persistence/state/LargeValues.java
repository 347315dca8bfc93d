package io.mistersmith.persistence.state;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Values of any bytes that may be larger than a message of the server: files that a tool has made,
 * recordings, documents. They are streamed in and out in chunks; neither a write nor a read needs
 * memory for more than a few chunks. Thread-safe.
 *
 * <p>A key holds a {@link Description}, which is an ordinary entry: it has revisions, conflicts,
 * watches and pages, is evicted and hydrated, belongs to checkpoints, and is deleted with its
 * owner. {@link #descriptions} has these calls. Keys of large values are apart from those of all
 * {@link StateType}s.
 *
 * <p>A write stores all chunks under a new id first, and then the description that names it. So a
 * reader sees the old value or the new one, whole. PostgreSQL commits the chunks no later than the
 * description: what {@link StateRepository#awaitDurable} promises of a revision includes them.
 *
 * <p>Content that no key, checkpoint or open dead letter names is removed in the background, after
 * at least {@code flush.idleTimeToLive}. A read that began before may therefore end as {@code
 * VERSION_CONFLICT} if it takes longer than that.
 */
public interface LargeValues {

  /**
   * Returns the descriptions of the values: finds, deletes, lists and watches them, and waits for
   * PostgreSQL. Saving a description under another key makes that key share the content. That is
   * only safe while the description is some key's current version; else the content may be gone,
   * and the entry becomes a dead letter.
   */
  StateRepository<Description> descriptions();

  /**
   * Writes what the stream holds until its end, and does not close it. If the stream turns out to
   * be larger than the limit, the write fails then; the key is unchanged, and the chunks are
   * removed later. Use {@link #write(StateKey, InputStream, long, SaveOptions)} where the size is
   * known.
   *
   * @return the description with the revision of exactly this write
   * @throws IOException when the stream fails; the key is unchanged
   * @throws NonTransientPersistenceException with {@code VALUE_TOO_LARGE} when the stream holds
   *     more than {@code PersistenceConfig.maxLargeValueBytes()}; and as {@link
   *     Repository#save(Object, Object, SaveOptions)}
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code TIMEOUT}
   *     when the stream gave nothing for half of {@code flush.idleTimeToLive}; and as {@link
   *     Repository#save(Object, Object, SaveOptions)}. Unless it is {@code OUTCOME_UNKNOWN}, the
   *     key is unchanged
   */
  Versioned<Description> write(StateKey key, InputStream content, SaveOptions options)
      throws IOException;

  /**
   * {@link #write(StateKey, InputStream, SaveOptions)} of a stream whose size is known. A size over
   * the limit is refused before anything is read or written.
   *
   * @param bytes how many bytes the stream holds until its end
   * @throws NonTransientPersistenceException with {@code VALUE_TOO_LARGE} as there; with {@code
   *     SERIALIZATION_ERROR} when the stream ends earlier or later; the key is unchanged
   */
  Versioned<Description> write(StateKey key, InputStream content, long bytes, SaveOptions options)
      throws IOException;

  /**
   * Writes the value of the key to {@code to}, and neither flushes nor closes it. When the call
   * fails, discard what was written: the checksum is known at the end.
   *
   * @return the description of the version that was read; empty, with nothing written, when the key
   *     has no value
   * @throws IOException when {@code to} fails
   * @throws NonTransientPersistenceException with {@code DATA_CORRUPTION} when a chunk is missing
   *     or the checksum does not fit
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     VERSION_CONFLICT} when another version has replaced this one, and its content was removed
   *     meanwhile; with {@code CONNECTION_FAILED} when a store that has to be asked is away
   */
  Optional<Versioned<Description>> read(StateKey key, OutputStream to) throws IOException;

  /**
   * The description of a value.
   *
   * @param content names the bytes; each write has a new one
   * @param bytes the size of all chunks as they are kept: encrypted ones are larger than the value
   * @param chunks in how many chunks the bytes are kept
   * @param sha256 the SHA-256 of the chunks as they are kept, in lower-case hexadecimal digits
   */
  record Description(UUID content, long bytes, int chunks, String sha256) {

    private static final Pattern JSON =
        Pattern.compile(
            "\\{\"bytes\":(0|[1-9][0-9]{0,17}),\"chunks\":(0|[1-9][0-9]{0,8}),"
                + "\"sha256\":\"([0-9a-f]{64})\",\"content\":\"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}"
                + "-[0-9a-f]{12})\"\\}");

    /** Checks the numbers. */
    public Description {
      if (bytes < chunks || chunks < 0 || (chunks == 0) != (bytes == 0)) {
        throw new IllegalArgumentException(
            "%d bytes are not %d chunks of at least one byte".formatted(bytes, chunks));
      }
    }

    /** Returns the document that both stores keep. */
    public byte[] json() {
      return "{\"bytes\":%d,\"chunks\":%d,\"sha256\":\"%s\",\"content\":\"%s\"}"
          .formatted(bytes, chunks, sha256, content)
          .getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads what {@link #json} returned.
     *
     * @throws NonTransientPersistenceException with {@code SERIALIZATION_ERROR} for any other
     *     document
     */
    public static Description parse(byte[] json) {
      Matcher matcher = JSON.matcher(new String(json, StandardCharsets.UTF_8));
      if (matcher.matches()) {
        try {
          return new Description(
              UUID.fromString(matcher.group(4)),
              Long.parseLong(matcher.group(1)),
              Integer.parseInt(matcher.group(2)),
              matcher.group(3));
        } catch (IllegalArgumentException e) {
          throw unreadable(e);
        }
      }
      throw unreadable(null);
    }

    private static NonTransientPersistenceException unreadable(@Nullable Throwable cause) {
      return new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR, "the entry is no description of a large value", cause);
    }
  }
}
