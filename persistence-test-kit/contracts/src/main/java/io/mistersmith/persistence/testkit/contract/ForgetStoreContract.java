package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Change;
import io.mistersmith.persistence.spi.sql.ForgetStore;
import io.mistersmith.persistence.spi.sql.ForgetStore.Forgotten;
import io.mistersmith.persistence.spi.sql.ForgetStore.Place;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The contract of what removes the rows of agents, and remembers whose. */
public abstract class ForgetStoreContract extends UnitContract {

  private static final Duration LONG = Duration.ofDays(1);

  /** For implementations. */
  protected ForgetStoreContract() {}

  private ForgetStore forgetting() {
    return sql().forgetting();
  }

  private int removeAll(AgentId agent, Place place) {
    return forgetting().remove(agent, place, 100);
  }

  @Test
  void everyPlaceOfAnUnknownAgentIsEmpty() {
    AgentId agent = AgentId.random();
    forgetting().begin(agent);
    for (Place place : Place.values()) {
      assertThat(removeAll(agent, place)).as(place.table()).isZero();
    }
    assertThat(forgetting().find(agent).orElseThrow().removed()).isEmpty();
    assertThat(forgetting().tasks(agent, 9)).isEmpty();
    assertThat(forgetting().removedTasks(agent)).isEmpty();
    assertThat(forgetting().contents(agent)).isEmpty();
    assertThat(forgetting().openSagas(agent)).isZero();
  }

  @Test
  void countsAreKeptAndGoOn() {
    AgentId agent = AgentId.random();
    forgetting().begin(agent);
    forgetting().note(agent, "bucket one", 2);
    forgetting().note(agent, "bucket one", 3);
    forgetting().begin(agent);
    forgetting().note(agent, "key", 1);
    assertThat(forgetting().find(agent).orElseThrow().removed())
        .containsOnly(entry("bucket one", 5L), entry("key", 1L));
  }

  @Test
  void aParentIsRefused() {
    AgentId parent = register();
    long unused = save(Agent.of("contract", "child").withParent(parent));
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> forgetting().begin(parent));
    assertThat(forgetting().find(parent)).isEmpty();
  }

  @Test
  void oneThatHasNotEndedIsClaimedWhenNobodyWorksOnIt() {
    AgentId agent = AgentId.external("user 1");
    forgetting().begin(agent);
    assertThat(forgetting().claim(LONG, LONG, 9)).isEmpty();
    elapse(Duration.ofMillis(5));
    assertThat(forgetting().claim(Duration.ofMillis(1), LONG, 9))
        .extracting(Forgotten::agent)
        .containsExactly(agent);
    assertThat(forgetting().claim(LONG, LONG, 9)).isEmpty();
    assertThat(forgetting().unfinished(9)).extracting(Forgotten::agent).containsExactly(agent);
  }

  @Test
  void oneThatHasEndedIsClaimedOnceMore() {
    AgentId agent = AgentId.external("user 1");
    forgetting().begin(agent);
    forgetting().end(agent);
    elapse(Duration.ofMillis(5));
    assertThat(forgetting().claim(Duration.ofMillis(1), LONG, 9)).isEmpty();
    Forgotten late = forgetting().claim(LONG, Duration.ofMillis(1), 9).get(0);
    assertThat(late.agent()).isEqualTo(agent);
    assertThat(late.endedAt()).isPresent();

    forgetting().end(agent);
    elapse(Duration.ofMillis(5));
    assertThat(forgetting().claim(Duration.ofMillis(1), Duration.ofMillis(1), 9)).isEmpty();
    assertThat(forgetting().unfinished(9)).isEmpty();
    assertThat(forgetting().find(agent).orElseThrow().endedAt()).isEqualTo(late.endedAt());
  }

  @Test
  void changesThatWaitForKvAreRemovedUpToTheLimit() {
    AgentId agent = AgentId.external("user 1");
    AgentId other = AgentId.external("user 2");
    for (int i = 0; i < 3; i++) {
      var unused = sql().entryWrites().write(change(StateKey.of(agent, "k" + i)));
    }
    var unused = sql().entryWrites().write(change(StateKey.of(other, "k")));
    forgetting().begin(agent);
    assertThat(forgetting().remove(agent, Place.ENTRY_WRITES, 2)).isEqualTo(2);
    assertThat(forgetting().remove(agent, Place.ENTRY_WRITES, 2)).isEqualTo(1);
    assertThat(sql().entryWrites().find(StateKey.of(other, "k"))).isPresent();
    assertThat(forgetting().find(agent).orElseThrow().removed())
        .containsEntry(Place.ENTRY_WRITES.table(), 3L);
  }

  private Change change(StateKey key) {
    return new Change(key, Optional.of("\"x\"".getBytes(UTF_8)), "t", "c");
  }

  @Test
  void aStateOfAnOwnerOutsideTheRegistryBecomesATombstoneOfItsRevision() {
    StateKey key = StateKey.of(AgentId.external("user 1"), "cart");
    var unusedFirst = apply(put(key, at(7), "\"apples\""));
    forgetting().begin(key.agent());
    assertThat(removeAll(key.agent(), Place.STATES)).isEqualTo(1);
    assertThat(removeAll(key.agent(), Place.STATES)).isZero();
    assertThat(row(key).deleted()).isTrue();
    assertThat(row(key).revision()).isEqualTo(at(7));

    var unusedOlder = apply(put(key, at(6), "\"older\""));
    assertThat(row(key).deleted()).as("an older version").isTrue();
    var unusedNewer = apply(put(key, at(8), "\"pears\""));
    assertThat(json(key)).isEqualTo("\"pears\"");
  }

  @Test
  void deadLettersOfTheTimeAfterTheEndStay() {
    StateKey key = StateKey.of(AgentId.random(), "key");
    var unusedBefore = apply(put(key, at(1), "1"));
    assertThat(sql().deadLetters().count()).isEqualTo(1);
    forgetting().begin(key.agent());
    assertThat(removeAll(key.agent(), Place.DEAD_LETTERS)).isEqualTo(1);
    forgetting().end(key.agent());
    elapse(Duration.ofMillis(5));
    var unusedAfter = apply(put(key, at(2), "2"));
    assertThat(removeAll(key.agent(), Place.DEAD_LETTERS)).isZero();
    assertThat(sql().deadLetters().count()).isEqualTo(1);
  }

  @Test
  void theNoteOfAHandledMessageIsRemovedWhereItsIdHoldsTheAgents() {
    AgentId agent = AgentId.random();
    assertThat(sql().handled().note("mail", "of " + agent.uuid() + " 1")).isTrue();
    assertThat(sql().handled().note("mail", "of another")).isTrue();
    forgetting().begin(agent);
    assertThat(removeAll(agent, Place.HANDLED)).isEqualTo(1);
    assertThat(sql().handled().note("mail", "of another")).isFalse();
  }
}
