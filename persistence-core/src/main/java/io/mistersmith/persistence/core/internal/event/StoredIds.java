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

  private final long[] hashes;
  private final int count;
  private final Map<String, Long> sequences;

  private StoredIds(long[] hashes, int count, Map<String, Long> sequences) {
    this.hashes = hashes;
    this.count = count;
    this.sequences = sequences;
  }

  /**
   * Reads the streams from the position on.
   *
   * @param filters of each stream, which messages are changes
   */
  static StoredIds after(Position position, Map<String, String> filters, StreamStore streams) {
    long[] hashes = new long[64];
    int count = 0;
    Map<String, Long> last = new TreeMap<>(position.sequences());
    for (Map.Entry<String, String> each : filters.entrySet()) {
      String stream = each.getKey();
      Optional<String> filter = Optional.of(each.getValue());
      long from = start(position, streams.find(stream), stream);
      List<Stored> page = streams.page(stream, filter, from, PAGE, Content.HEADERS);
      while (!page.isEmpty()) {
        for (Stored message : page) {
          if (message.id().isPresent()) {
            hashes = count == hashes.length ? Arrays.copyOf(hashes, 2 * count) : hashes;
            hashes[count++] = hash(message.id().get());
          }
        }
        from = page.get(page.size() - 1).sequence();
        page = streams.page(stream, filter, from, PAGE, Content.HEADERS);
      }
      last.put(stream, from);
    }
    Arrays.sort(hashes, 0, count);
    return new StoredIds(hashes, count, last);
  }

  /** A stream that was recreated, or lost its end, has used the sequences again. */
  private static long start(Position position, Optional<Running> running, String stream) {
    long before = position.sequences().getOrDefault(stream, 0L);
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
