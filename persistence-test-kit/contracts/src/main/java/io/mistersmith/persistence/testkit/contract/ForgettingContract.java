package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.security.ForgetReport;
import io.mistersmith.persistence.security.Forgetting;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of forgetting agents. */
public abstract class ForgettingContract extends PersistenceContract {

  private final Faults faults = new Faults(1);

  /** For implementations. */
  protected ForgettingContract() {}

  private Forgetting forgetting() {
    return persistence().forgetting();
  }

  @Test
  void nothingOfAnAgentIsFound() {
    MarkedAgent marked = MarkedAgent.write(persistence(), "forget-me", agent());
    ForgetReport report = forgetting().forget(marked.id());

    assertThat(report.agent()).isEqualTo(marked.id());
    assertThat(report.endedAt()).isPresent();
    assertThat(report.removed())
        .containsKeys("tasks.queue", "messages.log", "knowledge.facts", "sagas.runs")
        .containsEntry("sessions.active", 1L);
    assertThat(report.keyDestroyed()).isFalse();
    assertThat(report.remaining()).anyMatch(left -> left.startsWith("backups"));
    assertIsForgotten(persistence(), marked);
    assertIsForgotten(open(config().build()), marked);
  }

  private static void assertIsForgotten(Persistence runtime, MarkedAgent marked) {
    AgentId agent = marked.id();
    assertThat(runtime.agents().find(agent)).isEmpty();
    assertThat(runtime.states(String.class).find(StateKey.of(agent, "note"))).isEmpty();
    assertThat(
            runtime
                .states(MarkedAgent.FLEETING)
                .find(StateKey.of(agent, "note").withType(MarkedAgent.FLEETING.name())))
        .isEmpty();
    assertThat(runtime.log(agent, "notes", String.class).tail(9)).isEmpty();
    assertThat(runtime.largeValues().descriptions().find(StateKey.of(agent, "large"))).isEmpty();
    assertThat(runtime.tasks().find(marked.task())).isEmpty();
    assertThat(runtime.knowledge().find(marked.fact())).isEmpty();
    assertThat(runtime.sagas().find(marked.saga())).isEmpty();
    assertThat(runtime.sagas().log(marked.saga())).isEmpty();
    assertThat(runtime.messages().find(marked.message())).isEmpty();
    assertThat(runtime.sessions().find(marked.token())).isEmpty();
    assertThat(runtime.checkpoints().list(agent)).isEmpty();
  }

  @Test
  void whatOthersHaveStays() {
    MarkedAgent kept = MarkedAgent.write(persistence(), "keep-me", agent());
    MarkedAgent marked = MarkedAgent.write(persistence(), "forget-me", agent());
    ForgetReport unused = forgetting().forget(marked.id());

    assertThat(persistence().agents().find(kept.id())).isPresent();
    assertThat(persistence().states(String.class).find(StateKey.of(kept.id(), "note"))).isPresent();
    assertThat(persistence().log(kept.id(), "notes", String.class).size()).isEqualTo(1);
    assertThat(persistence().tasks().find(kept.task())).isPresent();
    assertThat(persistence().knowledge().find(kept.fact())).isPresent();
    assertThat(persistence().sagas().find(kept.saga())).isPresent();
    assertThat(persistence().messages().find(kept.message())).isPresent();
    assertThat(persistence().sessions().find(kept.token())).isPresent();
    assertThat(persistence().checkpoints().list(kept.id())).hasSize(1);
  }

  @Test
  void aTaskOfAnotherThatWaitedIsCancelled() {
    MarkedAgent marked = MarkedAgent.write(persistence(), "forget-me", agent());
    UUID waiting =
        persistence()
            .tasks()
            .enqueue(NewTask.of("wait", Map.of()).createdBy(agent()).after(marked.task()));
    ForgetReport unused = forgetting().forget(marked.id());
    assertThat(persistence().tasks().find(waiting).orElseThrow().status().isEnd()).isTrue();
  }

  @Test
  void aParentIsRefusedAndKeepsAll() {
    MarkedAgent marked = MarkedAgent.write(persistence(), "keep-me", agent());
    Agent child = Agent.of("contract", "child").withParent(marked.id());
    persistence().agents().save(child);
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> forgetting().forget(marked.id()));
    assertThat(persistence().tasks().find(marked.task())).isPresent();
    assertThat(forgetting().unfinished()).isEmpty();

    persistence().agents().delete(child.id());
    assertThat(forgetting().forget(marked.id()).endedAt()).isPresent();
  }

  @Test
  void anOwnerOutsideTheRegistryIsForgotten() {
    AgentId user = AgentId.external("user 1");
    StateKey key = StateKey.of(user, "cart");
    states().save(key, "apples");
    long unusedVersion = persistence().log(user, "turns", String.class).append("hello");
    states().flush(key, SOON);

    ForgetReport report = forgetting().forget(user);
    assertThat(report.endedAt()).isPresent();
    assertThat(states().find(key)).isEmpty();
    assertThat(persistence().log(user, "turns", String.class).tail(9)).isEmpty();
    assertThat(states(open(config().build())).find(key)).isEmpty();

    states().save(key, "pears");
    states().flush(key, SOON);
    assertThat(find(key).value()).isEqualTo("pears");
  }

  @Test
  void anOwnersEntriesThatKvHasNoMoreAreForgotten() {
    AgentId user = AgentId.external("user 2");
    StateKey key = StateKey.of(user, "cart");
    states().save(key, "apples");
    int unused = evictAll(1);
    Persistence later = open(config().build());
    assertThat(later.forgetting().forget(user).removed()).containsEntry("agents.state", 1L);
    assertThat(states(later).find(key)).isEmpty();
    assertThat(states(open(config().build())).find(key)).isEmpty();
  }

  @Test
  void deadLettersOfAnUnknownAgentAreForgotten() {
    AgentId unknown = AgentId.random();
    states().save(StateKey.of(unknown, "key"), "lost");
    Awaitility.await()
        .atMost(SOON)
        .until(() -> persistence().operations().deadLetters().count() == 1);
    assertThat(forgetting().forget(unknown).removed()).containsKey("agents.dead_letters");
    assertThat(persistence().operations().deadLetters().count()).isZero();
  }

  @Test
  void whatIsWrittenUntilTheFlushIsForgottenToo() {
    AgentId unknown = AgentId.random();
    for (int i = 0; i < 100; i++) {
      states().save(StateKey.of(unknown, "key" + i), "lost");
    }
    ForgetReport unused = forgetting().forget(unknown);
    states().save(key("later"), "1");
    states().flush(key("later"), SOON);
    assertThat(persistence().operations().deadLetters().count()).isZero();
  }

  @Test
  void anInterruptedOneIsListedAndDoneByTheNextCall() {
    MarkedAgent marked = MarkedAgent.write(persistence(), "forget-me", agent());
    Persistence failing = open(config().build(), faults);
    faults.on(Call.PUBLISH).loseRequests(1);
    assertThat(catchThrowable(() -> failing.forgetting().forget(marked.id())))
        .isInstanceOf(TransientPersistenceException.class);
    faults.clear();
    assertThat(forgetting().unfinished())
        .singleElement()
        .satisfies(
            report -> {
              assertThat(report.agent()).isEqualTo(marked.id());
              assertThat(report.endedAt()).isEmpty();
              assertThat(report.removed()).containsKey("tasks.queue");
            });

    assertThat(forgetting().forget(marked.id()).endedAt()).isPresent();
    assertIsForgotten(persistence(), marked);
  }

  @Test
  void anAgentCanBeForgottenTwice() {
    MarkedAgent marked = MarkedAgent.write(persistence(), "forget-me", agent());
    ForgetReport first = forgetting().forget(marked.id());
    ForgetReport second = forgetting().forget(marked.id());
    assertThat(second.begunAt()).isEqualTo(first.begunAt());
    assertThat(second.endedAt()).isPresent();
    assertThat(second.removed().get("tasks.queue")).isEqualTo(first.removed().get("tasks.queue"));
  }

  @Test
  void anOpenSagaIsRemovedOnceItHasEnded() {
    AgentId user = AgentId.external("user 3");
    Saga saga =
        Saga.builder("open", 1)
            .step(SagaStep.call("note", context -> Map.of()).compensatedByCall(context -> Map.of()))
            .build();
    UUID run = persistence().sagas().start(saga, SagaStart.of(Map.of("user", user.toString())));
    ForgetReport early = forgetting().forget(user);
    assertThat(early.removed()).doesNotContainKey("sagas.runs");
    assertThat(early.remaining()).anyMatch(left -> left.startsWith("1 runs of sagas"));
    assertThat(persistence().sagas().find(run)).isPresent();

    SagaRunner.Options options = SagaRunner.Options.of(1).withPoll(Duration.ofMillis(100));
    SagaRunner runner = persistence().sagas().startRunner(options, List.of(saga));
    try {
      assertThat(persistence().sagas().await(run, SOON)).isPresent();
    } finally {
      runner.close();
    }
    ForgetReport late = forgetting().forget(user);
    assertThat(late.removed()).containsEntry("sagas.runs", 1L);
    assertThat(late.remaining()).noneMatch(left -> left.contains("runs of sagas"));
    assertThat(persistence().sagas().find(run)).isEmpty();
  }
}
