package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.conflict.ConflictResolver.Resolution;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The promises of a runtime while it is being closed. */
public abstract class ClosingContract extends PersistenceContract {

  private final Faults faults = new Faults(1);

  /** For implementations. */
  protected ClosingContract() {}

  @Test
  void writesAreRefusedFromTheMomentOfClosingAndTheRestIsFlushed() throws Exception {
    Persistence closing = open(config().build(), faults);
    StateRepository<Object> states = closing.states(Object.class);
    StateRepository<Object> sessions =
        closing.states(StateType.untyped(Object.class).in(DataType.SESSION_DATA));
    persistence().close(SOON);
    Revision before;
    CompletableFuture<Long> left;
    try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
      before = states.save(key("before"), "1").revision();
      assertThat(gate.awaitArrival(SOON)).isTrue();
      left = closeInBackground(closing);
      awaitRefusal(states);
      assertFails(DataError.CLOSED, () -> states.save(key("a"), "1"));
      assertFails(DataError.CLOSED, () -> states.save(key("a"), "1", SaveOptions.at(before)));
      assertFails(DataError.CLOSED, () -> states.update(key("before"), value -> "2"));
      assertFails(DataError.CLOSED, () -> states.delete(key("before")));
      assertFails(DataError.CLOSED, () -> states.delete(key("before"), before));
      assertFails(DataError.CLOSED, states.saveAsync(key("a"), "1", SaveOptions.unconditional()));
      assertFails(DataError.CLOSED, states.deleteAsync(key("before")));
      assertFails(DataError.CLOSED, () -> sessions.save(key("a"), "1"));
      assertFails(DataError.CLOSED, () -> closing.agents().save(Agent.of("contract", "too late")));
      assertFails(DataError.CLOSED, () -> closing.agents().heartbeat(agent()));
      assertThat(left).isNotDone();
    }
    assertThat(left.get(SOON.toSeconds(), TimeUnit.SECONDS)).as("left behind").isZero();
    Persistence later = open(config().build());
    Versioned<Object> found = later.states(Object.class).find(key("before")).orElseThrow();
    assertThat(found.revision()).isEqualTo(before);
    assertThat(later.states(Object.class).find(key("a"))).isEmpty();
  }

  @Test
  void asynchronousWritesThatWaitForTheirTurnAreRefused() throws Exception {
    Persistence closing = open(config().build(), faults);
    StateRepository<Object> states =
        closing.states(
            StateType.untyped(Object.class)
                .withRules(ConflictRules.of(conflict -> Resolution.takeIncoming())));
    List<CompletableFuture<Versioned<Object>>> writes = new ArrayList<>();
    CompletableFuture<Long> left;
    try (Gate gate = faults.on(Call.PUBLISH).pauseBefore()) {
      for (int i = 0; i < 20; i++) {
        writes.add(states.saveAsync(key("a"), "1", SaveOptions.unconditional()));
      }
      assertThat(gate.awaitArrival(SOON)).isTrue();
      left = closeInBackground(closing);
      awaitRefusal(states);
      assertThat(left).isNotDone();
    }
    assertThat(writes.get(0)).as("it was under way").succeedsWithin(SOON);
    for (CompletableFuture<Versioned<Object>> write : writes.subList(1, writes.size())) {
      assertFails(DataError.CLOSED, write);
    }
    assertThat(left.get(SOON.toSeconds(), TimeUnit.SECONDS)).isZero();
  }

  @Test
  void aWriteThatBackpressureHoldsUpIsRefused() throws Exception {
    Persistence closing =
        open(
            config()
                .backpressure(
                    BackpressureConfig.block(SOON).toBuilder()
                        .maxEntries(1)
                        .maxBytes(1 << 20)
                        .maxAge(SOON)
                        .build())
                .build(),
            faults);
    StateRepository<Object> states = closing.states(Object.class);
    persistence().close(SOON);
    try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
      var unused = states.save(key("a"), "1");
      assertThat(gate.awaitArrival(SOON)).isTrue();
      CompletableFuture<DataError> blocked =
          OwnThread.supply(
              () -> {
                while (true) {
                  try {
                    var unusedToo = states.save(key("b"), "1");
                  } catch (PersistenceException e) {
                    return e.error();
                  }
                }
              });
      CompletableFuture<Long> left = closeInBackground(closing);
      assertThat(blocked).succeedsWithin(SOON).isEqualTo(DataError.CLOSED);
      gate.release();
      assertThat(left.get(SOON.toSeconds(), TimeUnit.SECONDS)).isZero();
    }
  }

  private static CompletableFuture<Long> closeInBackground(Persistence closing) {
    return OwnThread.supply(() -> closing.close(SOON));
  }

  /** Writes until one is refused: those that are let in before the close begins are no failure. */
  private void awaitRefusal(StateRepository<Object> states) throws Exception {
    long end = System.nanoTime() + SOON.toNanos();
    boolean refused = false;
    while (!refused && System.nanoTime() < end) {
      refused =
          states
              .saveAsync(key("probe"), "1", SaveOptions.unconditional())
              .handle((saved, failure) -> failure != null)
              .get(SOON.toSeconds(), TimeUnit.SECONDS);
    }
    assertThat(refused).as("writes are refused").isTrue();
  }
}
