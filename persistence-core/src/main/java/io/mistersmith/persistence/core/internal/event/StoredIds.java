package io.mistersmith.persistence.core.internal.event;

import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Content;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.mistersmith.persistence.spi.sql.OutboxStore.Position;
import io.mistersmith.persistence.stream.Streams.Running;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The ids of the messages that an unfinished batch may have in the streams already: all after the
 * last message of the batches before. The server's window of de-duplication forgets; a stream does
 * not. Kept as a hash of 64 bits each, since a batch can have millions of changes.
 */
final class StoredIds {

  static final StoredIds NONE = new StoredIds(new long[0], 0, Map.of());

  private static final int PAGE = 5_000;

  private long[] hashes;
  private int count;
  private final Map<String, Long> sequences;

  private StoredIds(long[] hashes, int count, Map<String, Long> sequences) {
    this.hashes = hashes;
    this.count = count;
    this.sequences = sequences;
  }

  /**
   * Reads the streams from the position on.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when a stream cannot be read
   */
  static StoredIds after(Position position, FeedStreams streams) {
    StoredIds found = new StoredIds(new long[64], 0, new TreeMap<>(position.sequences()));
    for (FeedStreams.Place place : streams.places()) {
      found.read(place, ChangeMessages.STATE, "agents.state.>");
      found.read(place, ChangeMessages.TASKS, "tasks.>");
    }
    Arrays.sort(found.hashes, 0, found.count);
    return found;
  }

  private void read(FeedStreams.Place place, String stream, String filter) {
    StreamStore store = place.streams();
    String name = place.name(stream);
    long from = start(sequences.getOrDefault(name, 0L), store.find(stream));
    List<Stored> page = store.page(stream, Optional.of(filter), from, PAGE, Content.HEADERS);
    while (!page.isEmpty()) {
      page.forEach(message -> message.id().ifPresent(this::add));
      from = page.get(page.size() - 1).sequence();
      page = store.page(stream, Optional.of(filter), from, PAGE, Content.HEADERS);
    }
    sequences.put(name, from);
  }

  private void add(String id) {
    hashes = count == hashes.length ? Arrays.copyOf(hashes, 2 * count) : hashes;
    hashes[count++] = hash(id);
  }

  /** A stream that was recreated, or lost its end, has used the sequences again. */
  private static long start(long before, Optional<Running> running) {
    return running.isPresent() && running.get().lastSequence() < before ? 0 : before;
  }

  boolean contains(String id) {
    return Arrays.binarySearch(hashes, 0, count, hash(id)) >= 0;
  }

  int count() {
    return count;
  }

  /** Returns the last sequence that was read of each stream. */
  Map<String, Long> sequences() {
    return sequences;
  }

  /** FNV-1a, finished as in MurmurHash3: of a million ids two are the same once in 30 million. */
  private static long hash(String id) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < id.length(); i++) {
      hash = (hash ^ id.charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    return hash ^ (hash >>> 33);
  }
}
