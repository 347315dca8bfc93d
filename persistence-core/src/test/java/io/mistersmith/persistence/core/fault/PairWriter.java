package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Writes a number to one key, then to another, then the next number: nobody may see the second
 * without the first. Knows what stood in either key at any revision.
 */
final class PairWriter implements AutoCloseable {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final StateRepository<Long> states;
  private final StateKey first;
  private final StateKey second;
  private final Map<StateKey, ConcurrentSkipListMap<Revision, Long>> written;
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicReference<Optional<Throwable>> failure =
      new AtomicReference<>(Optional.empty());
  private final Thread thread;

  PairWriter(Persistence persistence, AgentId agent, String name) {
    states = persistence.states(Long.class);
    first = StateKey.of(agent, name + ".first");
    second = StateKey.of(agent, name + ".second");
    written = Map.of(first, new ConcurrentSkipListMap<>(), second, new ConcurrentSkipListMap<>());
    thread = new Thread(this::write, "fault-pairs-" + name);
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((dead, e) -> failure.set(Optional.of(e)));
    thread.start();
  }

  private void write() {
    for (long n = 1; !stop.get(); n++) {
      for (StateKey key : List.of(first, second)) {
        Revision revision = states.save(key, n).revision();
        writesOf(key).put(revision, n);
      }
      acknowledged.set(n);
    }
  }

  /** The last number that both keys have for sure. */
  long acknowledged() {
    return acknowledged.get();
  }

  StateKey second() {
    return second;
  }

  /** The keys. */
  List<StateKey> keys() {
    return List.of(first, second);
  }

  /** The last write of a key at this revision or before, once the writer is closed. */
  Optional<Map.Entry<Revision, Long>> at(StateKey key, Revision revision) {
    return Optional.ofNullable(writesOf(key).floorEntry(revision));
  }

  /** The last write of a key, once the writer is closed. */
  Map.Entry<Revision, Long> last(StateKey key) {
    return writesOf(key).lastEntry();
  }

  private ConcurrentSkipListMap<Revision, Long> writesOf(StateKey key) {
    return Objects.requireNonNull(written.get(key));
  }

  @Override
  public void close() {
    stop.set(true);
    await().atMost(SOON).until(() -> !thread.isAlive());
    assertThat(failure.get()).as("failure of a writer").isEmpty();
  }
}
