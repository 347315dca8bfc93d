package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Writes with faults; see {@link AsyncFaults} for what comes before and after a call. */
final class FaultyWrites implements HotWrites {

  private final HotWrites real;
  private final HotReads before;
  private final Faults faults;

  /** {@code before} tells what a write replaces. */
  FaultyWrites(HotWrites real, HotReads before, Faults faults) {
    this.real = real;
    this.before = before;
    this.faults = faults;
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public int maxValueBytes() {
    return real.maxValueBytes();
  }

  @Override
  public long publish(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    return faults.run(
        Call.PUBLISH,
        () -> {
          Optional<HotEntry> before = beforeWrite(key);
          long sequence = real.publish(key, operation, value, metadata, expectedSequence);
          noteStale(key, before);
          return sequence;
        });
  }

  @Override
  public CompletableFuture<Long> publishAsync(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    Optional<HotEntry> before = beforeWrite(key);
    return AsyncFaults.later(
        faults,
        Call.PUBLISH,
        () -> real.publishAsync(key, operation, value, metadata, expectedSequence),
        () -> noteStale(key, before));
  }

  @Override
  public long publishTogether(List<Outgoing> messages) {
    return faults.run(
        Call.PUBLISH,
        () -> {
          List<Optional<HotEntry>> before =
              messages.stream().map(message -> beforeWrite(message.key())).toList();
          long sequence = real.publishTogether(messages);
          for (int i = 0; i < before.size(); i++) {
            noteStale(messages.get(i).key(), before.get(i));
          }
          return sequence;
        });
  }

  private Optional<HotEntry> beforeWrite(StateKey key) {
    return faults.isStale() ? before.get(key, ReadFrom.LEADER) : Optional.empty();
  }

  private void noteStale(StateKey key, Optional<HotEntry> before) {
    if (faults.isStale()) {
      faults.replica().remember(name(), key, before);
    }
  }

  @Override
  public CompletableFuture<Void> evict(String subject, long throughSequence) {
    return AsyncFaults.later(
        faults, Call.EVICT, () -> real.evict(subject, throughSequence), () -> {});
  }

  @Override
  public CompletableFuture<Void> evictAll(Map<String, Long> subjects, long through) {
    return AsyncFaults.later(faults, Call.EVICT, () -> real.evictAll(subjects, through), () -> {});
  }

  @Override
  public CompletableFuture<Void> evictAgent(AgentId agent, long throughSequence) {
    return AsyncFaults.later(
        faults, Call.EVICT, () -> real.evictAgent(agent, throughSequence), () -> {});
  }
}
