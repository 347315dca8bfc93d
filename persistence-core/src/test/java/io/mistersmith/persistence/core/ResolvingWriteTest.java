package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.Conflict;
import io.mistersmith.persistence.conflict.Conflict.Candidate;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictResolver.Resolution;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Saves that resolve conflicts: when they read first, and that not reading misses nothing. */
class ResolvingWriteTest {

  private static final SaveOptions ANY = SaveOptions.unconditional();

  private final Faults faults = new Faults(1);
  private final FaultyStores stores = new FaultyStores(new InMemoryStores(), faults);
  private final ManualClock clock = ManualClock.create();
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");
  private final List<Conflict<String>> asked = new ArrayList<>();
  private final List<PersistenceEvent.ConflictMet> reports = new ArrayList<>();
  private final Persistence here = open();
  private final Persistence elsewhere = open();

  private Persistence open() {
    return Persistence.open(
        PersistenceConfig.inMemory()
            .clock(clock)
            .listener(
                PersistenceListener.of(
                    PersistenceEvent.ConflictMet.class,
                    report -> {
                      reports.add(report);
                    }))
            .flush(FlushConfig.builder().closeDeadline(Duration.ofSeconds(2)).build())
            .build(),
        stores);
  }

  @BeforeEach
  void register() {
    here.agents().save(agent);
  }

  @AfterEach
  void close() {
    elsewhere.close();
    here.close();
  }

  private StateRepository<String> in(
      Persistence runtime, Function<Conflict<String>, Resolution<String>> rule) {
    ConflictResolver<String> resolver =
        conflict -> {
          asked.add(conflict);
          return rule.apply(conflict);
        };
    return runtime.states(StateType.untyped(String.class).withRules(ConflictRules.of(resolver)));
  }

  private static Resolution<String> joined(Conflict<String> conflict) {
    return Resolution.merged(
        conflict.current().value().orElse("gone") + "+" + conflict.incoming().value().orElse(""));
  }

  private <T> T withoutReading(Supplier<T> call) {
    long before = faults.on(Call.GET).count();
    T result = call.get();
    assertThat(faults.on(Call.GET).count()).as("reads").isEqualTo(before);
    return result;
  }

  @Test
  void whatIsBasedOnTheLatestKnownVersionNeedsNoRead() {
    StateRepository<String> states = in(here, ResolvingWriteTest::joined);
    Versioned<String> first = in(elsewhere, ResolvingWriteTest::joined).save(key, "1");
    Versioned<String> read = states.find(key).orElseThrow();
    Versioned<String> second = withoutReading(() -> states.save(key, "2", ANY.basedOn(read)));
    assertThat(second.clock().ticks()).hasSize(2).containsAll(first.clock().ticks());
    SaveOptions exactly = SaveOptions.at(second.revision());
    Versioned<String> third = withoutReading(() -> states.save(key, "3", exactly.basedOn(second)));
    assertThat(third.clock().merge(second.clock())).isEqualTo(third.clock());
    Versioned<String> fourth =
        withoutReading(() -> states.save(key, "4", SaveOptions.at(third.revision())));
    assertThat(fourth.clock().merge(third.clock())).isEqualTo(fourth.clock());
    assertThat(asked).isEmpty();
    assertThat(reports).isEmpty();
  }

  @Test
  void anUpdateReadsOnce() {
    StateRepository<String> states = in(here, ResolvingWriteTest::joined);
    states.save(key, "1");
    long before = faults.on(Call.GET).count();
    assertThat(states.update(key, value -> value + "2").value()).isEqualTo("12");
    assertThat(faults.on(Call.GET).count()).isEqualTo(before + 1);
    assertThat(asked).isEmpty();
  }

  @Test
  void theOwnLastVersionIsMetWithoutARead() {
    StateRepository<String> states = in(here, ResolvingWriteTest::joined);
    Versioned<String> first = states.save(key, "1");
    assertThat(withoutReading(() -> states.save(key, "2")).value()).isEqualTo("1+2");
    assertThat(asked).hasSize(1);
    Candidate<String> current = asked.get(0).current();
    assertThat(current.value()).contains("1");
    assertThat(current.revision()).contains(first.revision());
    assertThat(current.clock()).isEqualTo(first.clock());
    assertThat(reports).extracting(PersistenceEvent.ConflictMet::lost).containsExactly(0);
  }

  @Test
  void whatAnotherProcessWroteMeanwhileIsMetAllTheSame() {
    StateRepository<String> states = in(here, ResolvingWriteTest::joined);
    StateRepository<String> others = in(elsewhere, ResolvingWriteTest::joined);
    Versioned<String> first = states.save(key, "1");
    Versioned<String> theirs = others.save(key, "2", SaveOptions.at(first.revision()));
    asked.clear();
    Versioned<String> merged = states.save(key, "3", ANY.basedOn(first));
    assertThat(merged.value()).isEqualTo("2+3");
    assertThat(merged.clock().merge(theirs.clock())).isEqualTo(merged.clock());
    Versioned<String> again = others.save(key, "4", ANY.basedOn(merged));
    assertThat(states.save(key, "5").value()).isEqualTo("4+5");
    assertThat(again.revision().isAfter(merged.revision())).isTrue();
    assertThatThrownBy(() -> others.save(key, "6", SaveOptions.at(again.revision())))
        .hasMessageContaining("expected revision");
    assertThat(reports).extracting(PersistenceEvent.ConflictMet::lost).containsOnly(0);
  }

  @Test
  void whatStaysIsWhatStandsThere() {
    StateRepository<String> states = in(here, conflict -> Resolution.keepCurrent());
    Versioned<String> first = states.save(key, "1");
    Versioned<String> theirs =
        in(elsewhere, ResolvingWriteTest::joined).save(key, "2", SaveOptions.at(first.revision()));
    Versioned<String> kept = states.save(key, "3");
    assertThat(kept.value()).isEqualTo("2");
    assertThat(kept.revision()).isEqualTo(theirs.revision());
  }

  @Test
  void aRefusalIsOfWhatStandsThere() {
    StateRepository<String> states =
        in(
            here,
            conflict -> {
              if (conflict.current().value().equals(Optional.of("1"))) {
                throw new IllegalStateException("asked about what is gone");
              }
              return joined(conflict);
            });
    Versioned<String> first = states.save(key, "1");
    assertThatThrownBy(() -> states.save(key, "2")).hasMessage("asked about what is gone");
    in(elsewhere, ResolvingWriteTest::joined).save(key, "3", SaveOptions.at(first.revision()));
    assertThat(states.save(key, "4").value()).isEqualTo("3+4");
  }

  @Test
  void whatHasExpiredOrIsDeletedIsNoMoreMet() {
    StateRepository<String> states = in(here, ResolvingWriteTest::joined);
    Versioned<String> first = states.save(key, "1", ANY.withTimeToLive(Duration.ofSeconds(5)));
    clock.advance(Duration.ofSeconds(6));
    assertThatThrownBy(() -> states.save(key, "2", SaveOptions.at(first.revision()).basedOn(first)))
        .hasMessageContaining("is over; create the entry again");
    assertThat(states.save(key, "3").value()).isEqualTo("gone+3");
    Versioned<String> last = states.find(key).orElseThrow();
    states.delete(key, last.revision());
    assertThat(withoutReading(() -> states.save(key, "4", SaveOptions.ifAbsent())).value())
        .isEqualTo("4");
  }

  @Test
  void whatWasMovedIsMetWhereItIs() {
    StateRepository<String> states = in(here, ResolvingWriteTest::joined);
    Versioned<String> first = states.save(key, "1");
    states.flush(key, Duration.ofSeconds(5));
    clock.advance(Duration.ofHours(1));
    assertThat(states.save(key, "2").value()).isEqualTo("1+2");
    assertThat(first.clock().ticks()).hasSize(1);
  }
}
