package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.security.AuditChange;
import io.mistersmith.persistence.security.AuditChange.Kind;
import io.mistersmith.persistence.security.AuditQuery;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AuditStore;
import io.mistersmith.persistence.spi.sql.ForgetStore;
import io.mistersmith.persistence.spi.sql.ForgetStore.Place;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** The contract of the audit log: which changes are in it, by whom, and how they are found. */
public abstract class AuditStoreContract extends DurableContract {

  private static final Actor ANN = Actor.of("ann").withCorrelationId("request-1");
  private static final Actor BOB = Actor.of("bob");

  /** For implementations. */
  protected AuditStoreContract() {}

  private AuditStore audit() {
    return stores().sql().audit();
  }

  @Test
  void logIsKept() {
    assertThat(audit().isInstalled()).isTrue();
    assertThat(audit().find(AuditQuery.ofAgent(AgentId.random()))).isEmpty();
  }

  @Test
  void entryHasItsWriterWhoeverAppliesIt() {
    StateKey key = StateKey.of(register(), "k");
    BOB.run(() -> apply(put(key, at(1), "1").by(Optional.of(ANN))));
    apply(put(key, at(2), "2").by(Optional.of(BOB)));
    apply(put(key, at(3), "3"));

    List<AuditChange> changes = audit().find(AuditQuery.ofEntry(key));
    assertThat(changes).hasSize(3).allMatch(change -> change.table().equals("agents.state"));
    assertThat(changes).extracting(AuditChange::at).isSortedAccordingTo(Comparator.reverseOrder());
    AuditChange insert = only(changes, change -> change.kind() == Kind.INSERT);
    assertThat(insert.writer().actor()).contains("ann");
    assertThat(insert.writer().correlationId()).contains("request-1");
    assertThat(insert.writer().login()).isNotBlank();
    assertThat(insert.key()).contains(key.agent().uuid().toString()).contains("k");
    assertThat(insert.newData().orElseThrow()).contains("state_value");
    assertThat(insert.oldData()).isEmpty();
    assertThat(insert.changedFields()).isEmpty();
    AuditChange update = only(changes, change -> isBy(change, "bob"));
    assertThat(update.kind()).isEqualTo(Kind.UPDATE);
    assertThat(update.changedFields().orElseThrow()).contains("state_value").contains("version");
    assertThat(update.newData()).isEmpty();
    AuditChange last = only(changes, change -> change.writer().actor().isEmpty());
    assertThat(last.kind()).isEqualTo(Kind.UPDATE);
    assertThat(last.writer().correlationId()).isEmpty();
  }

  private static AuditChange only(List<AuditChange> changes, Predicate<AuditChange> wanted) {
    List<AuditChange> found = changes.stream().filter(wanted).toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  private static boolean isBy(AuditChange change, String actor) {
    return change.writer().actor().equals(Optional.of(actor));
  }

  @Test
  void oneBatchHasTheWriterOfEachEntry() {
    AgentId agent = register();
    StateKey one = StateKey.of(agent, "one");
    StateKey two = StateKey.of(agent, "two");
    apply(put(one, at(1), "1").by(Optional.of(ANN)), put(two, at(2), "2").by(Optional.of(BOB)));
    apply(delete(one, at(3)).by(Optional.of(BOB)), put(two, at(4), "3").by(Optional.of(ANN)));

    assertThat(audit().find(AuditQuery.ofEntry(one)))
        .extracting(change -> change.kind() + " " + change.writer().actor().orElseThrow())
        .containsExactlyInAnyOrder("INSERT ann", "UPDATE bob");
    assertThat(audit().find(AuditQuery.ofEntry(two)))
        .extracting(change -> change.kind() + " " + change.writer().actor().orElseThrow())
        .containsExactlyInAnyOrder("INSERT bob", "UPDATE ann");
    assertThat(audit().find(AuditQuery.ofAgent(agent).by("ann").inRequest("request-1"))).hasSize(2);
    assertThat(audit().find(AuditQuery.ofAgent(agent).by("ann").inRequest("request-2"))).isEmpty();
  }

  @Test
  void entryThatIsAppliedAgainIsLoggedOnce() {
    StateKey key = StateKey.of(register(), "k");
    apply(put(key, at(2), "1").by(Optional.of(ANN)));
    apply(put(key, at(1), "0").by(Optional.of(BOB)));
    assertThat(audit().find(AuditQuery.ofEntry(key))).hasSize(1);
  }

  @Test
  void replayedDeadLetterHasItsWriterAndNotWhoeverReplaysIt() {
    Agent agent = Agent.of("contract", "late");
    StateKey key = StateKey.of(agent.id(), "k");
    assertThat(apply(put(key, at(1), "1").by(Optional.of(ANN))).refused()).hasSize(1);
    stores().sql().agents().save(agent, AgentStore.NONE);
    UUID letter = stores().sql().deadLetters().open(1).get(0).id();
    assertThat(stores().sql().deadLetters().change(letter).orElseThrow().actor()).contains(ANN);

    boolean replayed = BOB.call(() -> stores().sql().deadLetters().replay(letter));
    assertThat(replayed).isTrue();
    assertThat(audit().find(AuditQuery.ofEntry(key)))
        .singleElement()
        .satisfies(
            change -> {
              assertThat(change.writer().actor()).contains("ann");
              assertThat(change.writer().correlationId()).contains("request-1");
            });
  }

  @Test
  void transactionKnowsTheActorOfItsThread() {
    Agent agent = Agent.of("contract", "one");
    ANN.run(() -> stores().sql().agents().save(agent, AgentStore.NONE));
    stores().sql().agents().save(agent.withStatus(Agent.Status.IDLE), 1);
    boolean unused =
        BOB.call(
            () ->
                stores()
                    .sql()
                    .inTransaction(
                        SqlOptions.of("change the status twice"),
                        unit -> {
                          unit.agents().save(agent.withStatus(Agent.Status.ACTIVE), 2);
                          unit.agents().save(agent.withStatus(Agent.Status.IDLE), 3);
                          return true;
                        }));

    List<AuditChange> changes = audit().find(AuditQuery.ofAgent(agent.id()));
    assertThat(changes)
        .allMatch(change -> change.table().equals("agents.registry"))
        .extracting(change -> change.kind() + " " + change.writer().actor().orElse("nobody"))
        .containsExactlyInAnyOrder("INSERT ann", "UPDATE nobody", "UPDATE bob", "UPDATE bob");
    assertThat(only(changes, change -> change.kind() == Kind.INSERT).writer().correlationId())
        .contains("request-1");
    assertThat(
            changes.stream()
                .filter(change -> isBy(change, "bob"))
                .map(change -> change.writer().transaction())
                .distinct())
        .hasSize(1);
  }

  @Test
  void pagesHaveEachChangeOnce() {
    AgentId agent = register();
    for (int i = 1; i <= 7; i++) {
      apply(put(StateKey.of(agent, "k" + i), at(i), "1").by(Optional.of(ANN)));
    }
    List<AuditChange> all = audit().find(AuditQuery.ofAgent(agent));
    AuditQuery query = AuditQuery.ofAgent(agent).withLimit(3);
    List<AuditChange> read = new ArrayList<>();
    List<AuditChange> page = audit().find(query);
    while (!page.isEmpty()) {
      read.addAll(page);
      page = audit().find(query.after(page.get(page.size() - 1)));
    }
    assertThat(read).hasSize(8).containsExactlyElementsOf(all);
  }

  @Test
  void changesAreFoundByTheirTime() {
    StateKey key = StateKey.of(register(), "k");
    apply(put(key, at(1), "1"));
    elapse(Duration.ofMillis(20));
    apply(put(key, at(2), "2"));
    List<AuditChange> both = audit().find(AuditQuery.ofEntry(key));
    assertThat(both).hasSize(2);
    Instant second = both.get(0).at();

    assertThat(audit().find(AuditQuery.ofEntry(key).since(second))).containsExactly(both.get(0));
    assertThat(audit().find(AuditQuery.ofEntry(key).until(second))).containsExactly(both.get(1));
    assertThat(audit().find(AuditQuery.all().since(second).until(second))).isEmpty();
  }

  @Test
  void changesOfAForgottenAgentKeepTheirWritersAndLoseTheirValues() {
    StateKey key = StateKey.of(register(), "k");
    StateKey other = StateKey.of(register(), "k");
    apply(put(key, at(1), "\"apples\"").by(Optional.of(ANN)), put(other, at(2), "\"apples\""));
    elapse(Duration.ofMillis(5));
    apply(put(key, at(3), "\"pears\"").by(Optional.of(BOB)));
    ForgetStore forgetting = stores().sql().forgetting();
    forgetting.begin(key.agent());
    assertThat(forgetting.remove(key.agent(), Place.AUDIT, 2)).isEqualTo(2);
    assertThat(forgetting.remove(key.agent(), Place.AUDIT, 2)).as("the third").isOne();
    assertThat(forgetting.remove(key.agent(), Place.AUDIT, 2)).isZero();

    assertThat(audit().find(AuditQuery.ofAgent(key.agent())))
        .hasSize(3)
        .allSatisfy(change -> assertThat(values(change)).doesNotContain("apples", "pears", "one"));
    List<AuditChange> changes = audit().find(AuditQuery.ofEntry(key));
    assertThat(changes)
        .allSatisfy(change -> assertThat(values(change)).contains("state_value"))
        .extracting(change -> change.writer().actor().orElseThrow())
        .containsExactly("bob", "ann");
    assertThat(audit().find(AuditQuery.ofEntry(other)))
        .singleElement()
        .satisfies(change -> assertThat(values(change)).contains("apples"));
  }

  @Test
  void changesAfterTheEndKeepTheirValues() {
    StateKey key = StateKey.of(AgentId.external("user 1"), "cart");
    ForgetStore forgetting = stores().sql().forgetting();
    forgetting.begin(key.agent());
    forgetting.end(key.agent());
    elapse(Duration.ofMillis(5));
    apply(put(key, at(1), "\"plums\""));
    assertThat(forgetting.remove(key.agent(), Place.AUDIT, 9)).isZero();
    assertThat(values(audit().find(AuditQuery.ofEntry(key)).get(0))).contains("plums");
  }

  private static String values(AuditChange change) {
    return change.oldData().orElse("")
        + change.newData().orElse("")
        + change.changedFields().orElse("");
  }
}
