package io.mistersmith.persistence.core.internal.state.flush;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.ObservedCalls;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.CallObserver;
import io.mistersmith.persistence.event.CallObserver.Call;
import io.mistersmith.persistence.event.CallObserver.Kind;
import io.mistersmith.persistence.event.CallObserver.Scope;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The calls that an observer hears of when a batch is applied. */
class FlushObservationsTest {

  private static final JournalPosition POSITION =
      new JournalPosition(
          "bucket", 1, 0, Instant.EPOCH, Instant.EPOCH, List.of(new JournalPosition.Epoch(1, 1)));

  private final List<Call> begun = new ArrayList<>();
  private final List<Optional<? extends Throwable>> ended = new ArrayList<>();
  private final FlushObservations observations =
      new FlushObservations(
          ObservedCalls.of(
              PersistenceConfig.inMemory()
                  .monitoring(MonitoringConfig.builder().observer(this::begin).build())
                  .build()));

  private Scope begin(Call call) {
    begun.add(call);
    return new Scope() {
      @Override
      public Optional<String> trace() {
        return Optional.empty();
      }

      @Override
      public Scope begin(Call part) {
        return FlushObservationsTest.this.begin(part);
      }

      @Override
      public void end(Optional<? extends Throwable> failure) {
        ended.add(failure);
      }
    };
  }

  private static Batch batch(int entries, boolean traced) {
    Batch batch = new Batch(POSITION);
    for (int i = 1; i <= entries; i++) {
      StateKey key = StateKey.of(AgentId.external("agent"), "k" + i);
      batch.add(
          new JournalEntry(
              key.toString(),
              Optional.of(key),
              i,
              Instant.EPOCH,
              Operation.PUT,
              new byte[0],
              traced ? EntryMetadata.NONE.withTrace(Optional.of("trace-" + i)) : EntryMetadata.NONE,
              0));
    }
    return batch;
  }

  @Test
  void theFirstEntriesOfABatchAreFollowedAndNoMore() {
    observations.observe("bucket", batch(40, true), () -> new ApplyResult.Applied(List.of()));
    assertThat(begun)
        .filteredOn(call -> call.kind() == Kind.PROCESS)
        .hasSize(CallObserver.MOST_TRACES_A_BATCH)
        .extracting(call -> call.trace().orElseThrow())
        .startsWith("trace-1", "trace-2");
    assertThat(begun)
        .filteredOn(call -> call.size() == 40)
        .singleElement()
        .satisfies(call -> assertThat(call.onThread()).isTrue());
    assertThat(ended).hasSameSizeAs(begun).allMatch(Optional::isEmpty);
  }

  @Test
  void entriesWithoutATraceAreOneCallTogether() {
    observations.observe("bucket", batch(40, false), () -> new ApplyResult.Applied(List.of()));
    assertThat(begun).hasSize(1);
    assertThat(ended).hasSize(1);
  }

  @Test
  void anEntryThatIsRefusedFailsAlone() {
    Batch batch = batch(2, true);
    observations.observe(
        "bucket",
        batch,
        () ->
            new ApplyResult.Applied(
                List.of(new ApplyResult.Refusal(batch.changes().get(1), "SQLSTATE 23503"))));
    assertThat(ended).filteredOn(Optional::isPresent).hasSize(2);
    assertThat(ended).hasSize(5);
  }

  @Test
  void whatPostgresqlFailsWithEndsAll() {
    TransientPersistenceException failure =
        new TransientPersistenceException(DataError.CONNECTION_FAILED, "it is away");
    assertThatThrownBy(
            () ->
                observations.observe(
                    "bucket",
                    batch(2, true),
                    () -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(ended).hasSize(5).allMatch(end -> end.isPresent());
  }
}
