package io.mistersmith.persistence.core.internal.state.large;

import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.core.internal.codec.Sealing.Part;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.LargeValues.Description;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Writes one content, a few chunks at a time. For one thread. */
final class ContentWriter {

  private final TieredStore store;
  private final StateKey key;
  private final long maxBytes;
  private final Duration patience;
  private final UUID content = UUID.randomUUID();
  private final Deque<CompletableFuture<Revision.OfJournal>> sent = new ArrayDeque<>();
  private final Set<Long> epochs = new HashSet<>();
  private final Sealing sealing;
  private final MessageDigest digest = Digests.sha256();
  private long bytes;
  private long storedBytes;
  private int chunks;
  private long lastSent = System.nanoTime();

  /**
   * A new content for a key.
   *
   * @param patience how long after a chunk the next one, or the description, must follow: the
   *     content might be removed as one that nobody names
   */
  ContentWriter(TieredStore store, StateKey key, long maxBytes, Duration patience) {
    this.store = store;
    this.sealing = store.tiers().sealing();
    this.key = key;
    this.maxBytes = maxBytes;
    this.patience = patience;
  }

  /** Writes what the stream holds, and returns when all chunks are acknowledged. */
  Description write(InputStream stream, OptionalLong declared) throws IOException {
    requireInLimit(declared.orElse(0));
    int most = store.tiers().writes().maxValueBytes() - sealing.partOverhead();
    int size = Math.min(Chunks.BYTES, most);
    byte[] chunk = next(stream, size);
    boolean ended = false;
    while (chunk.length > 0) {
      bytes += chunk.length;
      requireInLimit(bytes);
      if (bytes > declared.orElse(Long.MAX_VALUE)) {
        throw wrongSize(declared.getAsLong());
      }
      requirePunctual();
      ended = chunk.length < size;
      send(chunk, ended);
      chunk = ended ? new byte[0] : next(stream, size);
    }
    if (sealing.isOn() && !ended) {
      send(new byte[0], true);
    }
    if (bytes < declared.orElse(0)) {
      throw wrongSize(declared.getAsLong());
    }
    while (!sent.isEmpty()) {
      await(sent.removeFirst());
    }
    requirePunctual();
    return new Description(content, storedBytes, chunks, HexFormat.of().formatHex(digest.digest()));
  }

  private static byte[] next(InputStream stream, int size) throws IOException {
    byte[] chunk = new byte[size];
    int read = stream.readNBytes(chunk, 0, size);
    return read == size ? chunk : Arrays.copyOf(chunk, read);
  }

  /** Sends a chunk; of encrypted ones, the last has to say that it is. */
  private void send(byte[] plain, boolean isLast) {
    byte[] chunk = sealing.sealPart(key, new Part(content, chunks, isLast), plain);
    digest.update(chunk);
    storedBytes += chunk.length;
    if (sent.size() == Chunks.WINDOW) {
      await(sent.removeFirst());
    }
    lastSent = System.nanoTime();
    sent.addLast(store.writeChunkAsync(Chunks.key(content, chunks), chunk));
    chunks++;
  }

  private void await(CompletableFuture<Revision.OfJournal> write) {
    try {
      epochs.add(write.join().epoch());
    } catch (CompletionException e) {
      if (Failures.cause(e) instanceof PersistenceException failure) {
        throw failure;
      }
      throw e;
    }
  }

  /** Whether all chunks are in the stream that the description is in. */
  boolean areOfEpoch(Revision description) {
    return description instanceof Revision.OfJournal of
        && epochs.stream().allMatch(epoch -> epoch == of.epoch());
  }

  /** Whether the last chunk was sent too long ago. */
  boolean isLate() {
    return chunks > 0 && System.nanoTime() - lastSent > patience.toNanos();
  }

  private void requirePunctual() {
    if (isLate()) {
      throw new TransientPersistenceException(
          DataError.TIMEOUT,
          "key "
              + key
              + ": the large value is not written, because its stream gave nothing for "
              + patience
              + ", half of flush.idleTimeToLive; write it again");
    }
  }

  private void requireInLimit(long size) {
    if (size > maxBytes) {
      throw new NonTransientPersistenceException(
          DataError.VALUE_TOO_LARGE,
          "key "
              + key
              + ": the large value has "
              + size
              + " bytes or more, over the limit maxLargeValueBytes of "
              + maxBytes);
    }
  }

  private NonTransientPersistenceException wrongSize(long declared) {
    return new NonTransientPersistenceException(
        DataError.SERIALIZATION_ERROR,
        "key "
            + key
            + ": the large value is not written, because its stream holds "
            + (bytes > declared ? "more than " : "only " + bytes + " of ")
            + declared
            + " bytes");
  }
}
