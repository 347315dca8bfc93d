package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.JournalEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Lists an agent's keys, by a consumer of the latest message of each. It is read until nothing
 * follows, so that a key that is written meanwhile appears with its new message.
 */
final class KeyListing {

  private final NatsLink link;
  private final BucketStream stream;

  KeyListing(NatsLink link, BucketStream stream) {
    this.link = link;
    this.stream = stream;
  }

  List<HotEntry> list(String agent, String prefix) {
    String what = "list keys of " + agent + " in bucket " + stream.bucket();
    long deadline = System.nanoTime() + link.requestTimeout().toNanos();
    JournalConsumer consumer = JournalConsumer.ofLatest(link, stream, agent);
    Map<StateKey, HotEntry> latest = new LinkedHashMap<>();
    try (NatsJournalReader reader = NatsJournalReader.over(consumer)) {
      long pending = consumer.pending();
      while (pending > 0) {
        Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
        JournalEntry entry =
            reader
                .next(left)
                .orElseThrow(
                    () ->
                        NatsFailures.unreachable(what, "only " + latest.size() + " came in time"));
        entry
            .key()
            .filter(key -> key.key().startsWith(prefix))
            .ifPresent(key -> latest.put(key, hotEntry(key, entry)));
        pending = entry.pending();
      }
    }
    return new ArrayList<>(latest.values());
  }

  private static HotEntry hotEntry(StateKey key, JournalEntry entry) {
    return new HotEntry(
        key, entry.sequence(), entry.time(), entry.operation(), Entries.NO_VALUE, entry.metadata());
  }
}
