package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.message.MessageQuery;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.session.SessionQuery;
import io.mistersmith.persistence.state.StateQuery;
import io.mistersmith.persistence.task.TaskQuery;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two runtimes, each of its own tenant, on one database and one NATS. What one tenant has works for
 * it, with the users of the set roles and the permissions of the template. The other one knows
 * every id of it, asks each API, and gets nothing.
 */
@Tag("contract")
class TenantsApartIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final TwoTenants tenants = TwoTenants.start();

  @AfterEach
  void stop() {
    tenants.close();
  }

  @Test
  void nothingIsReachedThroughAnyApi() throws Exception {
    try (Persistence ours = tenants.openOurs();
        Persistence theirs = tenants.openTheirs()) {
      OwnedByTenant owned = OwnedByTenant.create(ours);
      assertThat(answers(reads(ours, owned)))
          .as("its own tenant gets all of it")
          .doesNotContainValue(false);
      Map<String, Callable<Object>> all = reads(theirs, owned);
      all.putAll(changes(theirs, owned));
      assertThat(answers(all)).as("another tenant gets nothing").doesNotContainValue(true);
      assertThat(answers(reads(ours, owned)))
          .as("and nothing was changed")
          .doesNotContainValue(false);
    }
  }

  /** The entry is in the other tenant's bucket alone, and PostgreSQL refuses it. */
  @Test
  void aWriteUnderAnothersAgentBecomesADeadLetterOfItsWriter() throws Exception {
    try (Persistence ours = tenants.openOurs();
        Persistence theirs = tenants.openTheirs()) {
      OwnedByTenant owned = OwnedByTenant.create(ours);
      long before = theirs.operations().deadLetters().count();
      theirs.states(Integer.class).save(owned.key(), 666);
      Awaitility.await()
          .atMost(SOON)
          .until(() -> theirs.operations().deadLetters().count() > before);

      assertThat(theirs.operations().deadLetters().open(100))
          .anySatisfy(
              letter -> assertThat(letter.key().map(StateKey::agent)).contains(owned.agent()));
      assertThat(ours.operations().deadLetters().open(100)).isEmpty();
      assertThat(ours.states(Integer.class).find(owned.key()).orElseThrow().value()).isEqualTo(1);
    }
  }

  /** A heartbeat, a sweep or the upkeep of one tenant's runtime must not carry rows over. */
  @Test
  void noBackgroundServiceBringsRowsIntoAnothersBuckets() throws Exception {
    try (Persistence ours = tenants.openOurs()) {
      OwnedByTenant owned = OwnedByTenant.create(ours);
      try (Persistence theirs = tenants.openTheirs()) {
        theirs.operations().health().check();
        StateKey own = StateKey.of(OwnedByTenant.create(theirs).agent(), "k");
        assertThat(theirs.states(Integer.class).find(own)).isPresent();
        assertThat(theirs.agents().find(owned.agent())).isEmpty();
        assertThat(theirs.sessions().find(owned.session().token())).isEmpty();
        assertThat(theirs.crossStore().waiting(100)).isEmpty();
      }
    }
  }

  /** Whether each call returned something; a refusal is nothing. */
  private static Map<String, Boolean> answers(Map<String, Callable<Object>> calls)
      throws Exception {
    Map<String, Boolean> answers = new LinkedHashMap<>();
    for (Map.Entry<String, Callable<Object>> call : calls.entrySet()) {
      boolean something;
      try {
        something = isSomething(call.getValue().call());
      } catch (PersistenceException refused) {
        something = false;
      }
      answers.put(call.getKey(), something);
    }
    return answers;
  }

  private static boolean isSomething(Object answer) {
    if (answer instanceof Optional<?> optional) {
      return optional.isPresent();
    } else if (answer instanceof Collection<?> collection) {
      return !collection.isEmpty();
    } else if (answer instanceof Map<?, ?> map) {
      return !map.isEmpty();
    } else if (answer instanceof Number number) {
      return number.longValue() != 0;
    }
    return !Boolean.FALSE.equals(answer);
  }

  /** What the owner of all this gets an answer to. */
  private static Map<String, Callable<Object>> reads(Persistence as, OwnedByTenant owned) {
    Map<String, Callable<Object>> calls = new LinkedHashMap<>();
    calls.put("a state", () -> as.states(Integer.class).find(owned.key()));
    calls.put("keys", () -> as.states(Integer.class).keys(owned.agent(), ""));
    calls.put(
        "search of state",
        () -> as.states(Integer.class).search(StateQuery.ofOwner(owned.agent())));
    calls.put("a large value", () -> as.largeValues().read(owned.large(), discarded()));
    calls.put("a log", () -> as.log(owned.agent(), "steps", String.class).tail(10));
    calls.put("an agent", () -> as.agents().find(owned.agent()));
    calls.put(
        "agents",
        () ->
            as.agents().find(AgentQuery.all()).stream()
                .filter(agent -> agent.value().id().equals(owned.agent()))
                .toList());
    calls.put("lifecycle events", () -> as.lifecycleEvents().list(owned.agent(), 10));
    calls.put("checkpoints", () -> as.checkpoints().list(owned.agent()));
    calls.put("a checkpoint", () -> as.checkpoints().find(owned.checkpoint()));
    calls.put("a checkpoint by name", () -> as.checkpoints().find(owned.agent(), "first"));
    calls.put(
        "a checkpoint's entries", () -> as.checkpoints().read(owned.checkpoint(), Integer.class));
    calls.put("a session", () -> as.sessions().find(owned.session().token()));
    calls.put("a touched session", () -> as.sessions().touch(owned.session().token()));
    calls.put("sessions of a user", () -> as.sessions().find(SessionQuery.ofUser("ada")));
    calls.put(
        "sessions of an agent", () -> as.sessions().find(SessionQuery.ofAgent(owned.agent())));
    calls.put("a task", () -> as.tasks().find(owned.task()));
    calls.put("tasks", () -> as.tasks().find(TaskQuery.all().withType("job")));
    calls.put("a message", () -> as.messages().find(owned.message()));
    calls.put("messages", () -> as.messages().find(MessageQuery.to(owned.agent())));
    calls.put("receipts", () -> as.messages().receipts(owned.message()));
    calls.put("a channel", () -> as.messages().channel("trips"));
    calls.put("a fact", () -> as.knowledge().find(owned.fact()));
    calls.put("facts", () -> as.knowledge().find(FactQuery.about("user", "ann")));
    calls.put("search of facts", () -> as.knowledge().search("Oslo"));
    calls.put("a run", () -> as.sagas().find(owned.run()));
    calls.put("runs", () -> as.sagas().find(SagaQuery.all().withName("order")));
    return calls;
  }

  /** What changes something, or shows what others do; a tenant does none of it to another one. */
  private static Map<String, Callable<Object>> changes(Persistence as, OwnedByTenant owned) {
    Map<String, Callable<Object>> calls = new LinkedHashMap<>();
    calls.put("receive", () -> as.messages().receive(owned.agent(), 10, Duration.ofMinutes(1)));
    calls.put("delete a channel", () -> as.messages().deleteChannel("trips"));
    calls.put("delete a checkpoint", () -> as.checkpoints().delete(owned.checkpoint()));
    calls.put("restore a checkpoint", () -> as.checkpoints().restore(owned.checkpoint(), SOON));
    calls.put("revoke a session", () -> as.sessions().revoke(owned.session().session().id()));
    calls.put("revoke all", () -> as.sessions().revokeAll(SessionQuery.ofUser("ada")));
    calls.put("cancel a task", () -> as.tasks().cancel(owned.task(), "stolen"));
    calls.put("pause a task", () -> as.tasks().pause(owned.task()));
    calls.put("end a fact", () -> as.knowledge().end(owned.fact()));
    calls.put("delete a fact", () -> as.knowledge().delete(owned.fact()));
    calls.put("a run's log", () -> as.sagas().log(owned.run()));
    calls.put("cancel a run", () -> as.sagas().cancel(owned.run(), "stolen"));
    calls.put("prune runs", () -> as.sagas().prune(Duration.ZERO, 100));
    calls.put("waiting entries", () -> as.crossStore().waiting(100));
    calls.put("dead letters", () -> as.operations().deadLetters().open(100));
    calls.put("advice on indexes", () -> as.operations().advice().indexes());
    calls.put("missing indexes", () -> as.operations().advice().missingIndexes());
    calls.put(
        "delete an agent",
        () -> {
          as.agents().delete(owned.agent());
          return as.agents().find(owned.agent());
        });
    return calls;
  }

  private static ByteArrayOutputStream discarded() {
    return new ByteArrayOutputStream();
  }
}
