package io.mistersmith.persistence.core.internal.state.large;

import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.core.internal.codec.Sealing.Part;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.LargeValueStore;
import io.mistersmith.persistence.state.LargeValues.Description;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Reads one content: from KV, and from PostgreSQL what was evicted. A chunk never changes, so each
 * may come from where it is found first. KV is asked for a few chunks ahead until one is missing;
 * chunks that are evicted are the first ones, so from then on PostgreSQL is asked. For one thread.
 */
final class ContentReader {

  private final HotReads hot;
  private final LargeValueStore stored;
  private final StateKey key;
  private final Sealing sealing;
  private final Description description;
  private final Deque<CompletableFuture<Optional<HotEntry>>> asked = new ArrayDeque<>();
  private final Deque<byte[]> fetched = new ArrayDeque<>();
  private final MessageDigest digest = Digests.sha256();
  private int next;
  private int ahead;
  private boolean fromKv = true;
  private long bytes;

  /**
   * Reads the content of {@code description}, from the bucket as it is and from PostgreSQL.
   *
   * @param key the key that failures name
   */
  ContentReader(
      HotReads hot,
      LargeValueStore stored,
      StateKey key,
      Sealing sealing,
      Description description) {
    this.hot = hot;
    this.stored = stored;
    this.key = key;
    this.sealing = sealing;
    this.description = description;
  }

  /** What became of a read. */
  enum Outcome {
    /** All was written. */
    WHOLE,
    /** Neither store has the next chunk. */
    MISSING,
    /** The bytes are not those that were saved. */
    DAMAGED
  }

  /** Writes all bytes, in their order. */
  Outcome writeTo(OutputStream to) throws IOException {
    if (description.chunks() == 0) {
      byte[] unused = opened(new byte[0]); // only what is not encrypted has no chunk
    }
    while (next < description.chunks()) {
      Optional<byte[]> chunk = chunk();
      if (chunk.isEmpty()) {
        return Outcome.MISSING;
      }
      bytes += chunk.get().length;
      if (bytes > description.bytes()) {
        return Outcome.DAMAGED;
      }
      digest.update(chunk.get());
      to.write(opened(chunk.get()));
      next++;
    }
    boolean same =
        bytes == description.bytes()
            && HexFormat.of().formatHex(digest.digest()).equals(description.sha256());
    return same ? Outcome.WHOLE : Outcome.DAMAGED;
  }

  private byte[] opened(byte[] chunk) {
    boolean isLast = next >= description.chunks() - 1;
    return sealing.openPart(key, new Part(description.content(), next, isLast), chunk);
  }

  private Optional<byte[]> chunk() {
    if (!fetched.isEmpty()) {
      return Optional.of(fetched.removeFirst());
    }
    PersistenceException away = null;
    if (fromKv) {
      try {
        Optional<byte[]> found = value(askAhead().join());
        if (found.isPresent()) {
          return found;
        }
      } catch (CompletionException e) {
        away = away(e);
      } catch (PersistenceException e) {
        away = away(e);
      }
      fromKv = false;
      asked.clear();
    }
    fetched.addAll(stored.chunks(description.content(), next, Chunks.WINDOW));
    if (!fetched.isEmpty()) {
      return Optional.of(fetched.removeFirst());
    }
    if (away != null) {
      throw away;
    }
    return unflushed();
  }

  /** A chunk that PostgreSQL does not have, and a replica of the bucket may not have had either. */
  private Optional<byte[]> unflushed() {
    Optional<byte[]> found =
        value(hot.get(Chunks.key(description.content(), next), ReadFrom.LEADER));
    fromKv = found.isPresent();
    ahead = next + 1;
    return found;
  }

  private CompletableFuture<Optional<HotEntry>> askAhead() {
    ahead = Math.max(ahead, next);
    while (ahead < description.chunks() && asked.size() < Chunks.WINDOW) {
      asked.addLast(hot.getAsync(Chunks.key(description.content(), ahead), ReadFrom.ANY_REPLICA));
      ahead++;
    }
    return asked.removeFirst();
  }

  private static Optional<byte[]> value(Optional<HotEntry> entry) {
    return entry.filter(found -> found.operation() == Operation.PUT).map(HotEntry::value);
  }

  /** The failure of a bucket that does not answer, so that PostgreSQL may do so in its place. */
  private static PersistenceException away(RuntimeException thrown) {
    @Nullable Throwable cause = Failures.cause(thrown);
    if (cause instanceof PersistenceException failure) {
      if (Failures.isAway(failure)) {
        return failure;
      }
      throw failure;
    }
    throw thrown;
  }
}
