package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/**
 * Lists an agent's keys with the latest message of each, without values.
 *
 * <p>The leader's list of subjects says which keys there are. A consumer of the latest message of
 * each subject says quickly what they are, but not reliably: it leaves out a key whose message is
 * overwritten before it is delivered, and counts messages that are evicted before that as still to
 * come. So its end is not waited for beyond the server's own word, and the leader is asked for
 * every key that it left out. A key that the leader then has no message of was evicted meanwhile.
 */
final class KeyListing {

  private final NatsLink link;
  private final BucketStream stream;
  private final KeySubjects subjects;
  private final BiFunction<Collection<StateKey>, ReadFrom, Map<StateKey, HotEntry>> get;

  KeyListing(
      NatsLink link,
      BucketStream stream,
      KeySubjects subjects,
      BiFunction<Collection<StateKey>, ReadFrom, Map<StateKey, HotEntry>> get) {
    this.link = link;
    this.stream = stream;
    this.subjects = subjects;
    this.get = get;
  }

  List<HotEntry> list(AgentId agent, String prefix) {
    String what = "list keys of " + agent + " in bucket " + stream.bucket();
    long deadline = System.nanoTime() + link.requestTimeout().toNanos();
    CompletableFuture<Set<StateKey>> present = subjects.find(agent, prefix);
    JournalConsumer consumer =
        JournalConsumer.ofLatest(link, stream, KeyEncoding.filter(agent, prefix));
    Map<StateKey, HotEntry> latest = new LinkedHashMap<>();
    try (NatsJournalReader reader = NatsJournalReader.toEnd(consumer)) {
      Set<StateKey> leftOut = new HashSet<>(await(what, present, deadline));
      while (!leftOut.isEmpty()) {
        Optional<JournalEntry> next = reader.nextBefore(deadline);
        if (next.isEmpty()) {
          break;
        }
        JournalEntry entry = next.get();
        entry
            .key()
            .filter(key -> key.path().startsWith(prefix))
            .ifPresent(
                key -> {
                  leftOut.remove(key);
                  latest.put(key, withoutValue(key, entry));
                });
      }
      addFromLeader(leftOut, latest);
    }
    return new ArrayList<>(latest.values());
  }

  /** Asks twice: see {@link BucketReads#get}. */
  private void addFromLeader(Set<StateKey> keys, Map<StateKey, HotEntry> latest) {
    for (int attempt = 0; attempt < 2 && !keys.isEmpty(); attempt++) {
      Map<StateKey, HotEntry> found = get.apply(keys, ReadFrom.LEADER);
      found.forEach((key, entry) -> latest.put(key, withoutValue(entry)));
      keys.removeAll(found.keySet());
    }
  }

  private Set<StateKey> await(
      String what, CompletableFuture<Set<StateKey>> present, long deadline) {
    return link.await(
        () -> what,
        present.orTimeout(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS));
  }

  private static HotEntry withoutValue(StateKey key, JournalEntry entry) {
    return new HotEntry(
        key, entry.sequence(), entry.time(), entry.operation(), Entries.NO_VALUE, entry.metadata());
  }

  private static HotEntry withoutValue(HotEntry entry) {
    return new HotEntry(
        entry.key(),
        entry.sequence(),
        entry.time(),
        entry.operation(),
        Entries.NO_VALUE,
        entry.metadata());
  }
}
