package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.message.MessageQuery;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.security.AuditQuery;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.KeyProvider;
import io.mistersmith.persistence.session.SessionQuery;
import io.mistersmith.persistence.state.StateQuery;
import io.mistersmith.persistence.task.TaskQuery;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

  /** Of these, guard has figures of its own runtime alone. */
  private static final Set<String> IN_TESTS_OF_THEIR_OWN =
      Set.of("open", "close", "guard", "step", "streams", "changes");

  private static final TransactionOptions READING =
      TransactionOptions.of(Boundary.SINGLE_OPERATION, "read what another tenant has");

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
      // By a row of this one the flush tells a refused row from a refused table.
      AgentId unusedAgent = theirs.agents().save(Agent.of("worker", "theirs")).value().id();
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

  @Test
  void changesReachTheStreamsOfTheirTenantAlone() throws Exception {
    try (Persistence ours = tenants.openOurs();
        Persistence theirs = tenants.openTheirs();
        Persistence all = tenants.openAll();
        Heard heardByUs = Heard.by(ours);
        Heard heardByThem = Heard.by(theirs)) {
      OwnedByTenant owned = OwnedByTenant.create(ours);
      OwnedByTenant own = OwnedByTenant.create(theirs);
      heardByUs.await(owned);
      heardByThem.await(own);

      assertThat(heardByThem.about(owned)).as("changes of another tenant").isEmpty();
      assertThat(heardByUs.about(own)).isEmpty();
      assertThat(all.changes().state()).isEqualTo(ChangeFeed.State.PUBLISHING);
      theirs.changes().resume();
      assertThat(theirs.changes().state()).isEqualTo(ChangeFeed.State.OFF);
      assertThatThrownBy(() -> theirs.changes().lag()).isInstanceOf(PersistenceException.class);
    }
  }

  /** Both tenants have the same provider of master keys, and a key of the same subject. */
  @Test
  void noTenantDestroysAnothersDataKey() throws Exception {
    EncryptionConfig encryption =
        EncryptionConfig.builder(KeyProvider.inMemory(Map.of("main", new byte[32])), "main")
            .build();
    StateKey key;
    try (Persistence ours = tenants.openOurs(encryption);
        Persistence theirs = tenants.openTheirs(encryption)) {
      key = StateKey.of(ours.agents().save(Agent.of("worker", "ours")).value().id(), "k");
      ours.states(Integer.class).save(key, 1);
      assertThat(theirs.operations().encryption().destroy(EncryptionConfig.SHARED)).isZero();
    }
    try (Persistence ours = tenants.openOurs(encryption)) {
      assertThat(ours.states(Integer.class).find(key).orElseThrow().value()).isEqualTo(1);
      assertThat(ours.operations().encryption().destroy(EncryptionConfig.SHARED)).isEqualTo(1);
    }
  }

  /** A new part of the API fails here until something of it is tried. */
  @Test
  void everyPartOfTheApiIsTried() throws Exception {
    try (Persistence ours = tenants.openOurs()) {
      OwnedByTenant owned = OwnedByTenant.create(ours);
      Set<String> tried = new HashSet<>(IN_TESTS_OF_THEIR_OWN);
      for (String call : reads(ours, owned).keySet()) {
        tried.add(call.substring(0, call.indexOf(':')));
      }
      for (String call : changes(ours, owned).keySet()) {
        tried.add(call.substring(0, call.indexOf(':')));
      }
      assertThat(Arrays.stream(Persistence.class.getMethods()).map(Method::getName).toList())
          .isSubsetOf(tried);
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
    calls.put("states: find", () -> as.states(Integer.class).find(owned.key()));
    calls.put("states: keys", () -> as.states(Integer.class).keys(owned.agent(), ""));
    calls.put(
        "states: search", () -> as.states(Integer.class).search(StateQuery.ofOwner(owned.agent())));
    calls.put("largeValues: read", () -> as.largeValues().read(owned.large(), discarded()));
    calls.put("log: tail", () -> as.log(owned.agent(), "steps", String.class).tail(10));
    calls.put("agents: find", () -> as.agents().find(owned.agent()));
    calls.put(
        "agents: query",
        () ->
            as.agents().find(AgentQuery.all()).stream()
                .filter(agent -> agent.value().id().equals(owned.agent()))
                .toList());
    calls.put("lifecycleEvents: list", () -> as.lifecycleEvents().list(owned.agent(), 10));
    calls.put("checkpoints: list", () -> as.checkpoints().list(owned.agent()));
    calls.put("checkpoints: find", () -> as.checkpoints().find(owned.checkpoint()));
    calls.put("checkpoints: find by name", () -> as.checkpoints().find(owned.agent(), "first"));
    calls.put("checkpoints: read", () -> as.checkpoints().read(owned.checkpoint(), Integer.class));
    calls.put("sessions: find", () -> as.sessions().find(owned.session().token()));
    calls.put("sessions: touch", () -> as.sessions().touch(owned.session().token()));
    calls.put("sessions: of a user", () -> as.sessions().find(SessionQuery.ofUser("ada")));
    calls.put(
        "sessions: of an agent", () -> as.sessions().find(SessionQuery.ofAgent(owned.agent())));
    calls.put("tasks: find", () -> as.tasks().find(owned.task()));
    calls.put("tasks: query", () -> as.tasks().find(TaskQuery.all().withType("job")));
    calls.put("messages: find", () -> as.messages().find(owned.message()));
    calls.put("messages: query", () -> as.messages().find(MessageQuery.to(owned.agent())));
    calls.put("messages: receipts", () -> as.messages().receipts(owned.message()));
    calls.put("messages: channel", () -> as.messages().channel("trips"));
    calls.put("knowledge: find", () -> as.knowledge().find(owned.fact()));
    calls.put("knowledge: query", () -> as.knowledge().find(FactQuery.about("user", "ann")));
    calls.put("knowledge: search", () -> as.knowledge().search("Oslo"));
    calls.put("sagas: find", () -> as.sagas().find(owned.run()));
    calls.put("queries: find", () -> as.queries("count", Integer.class).find("p", Optional::empty));
    calls.put(
        "transactions: run",
        () -> as.transactions().run(READING, unit -> unit.agents().find(owned.agent())));
    calls.put("sagas: query", () -> as.sagas().find(SagaQuery.all().withName("order")));
    return calls;
  }

  /** What changes something, or shows what others do; a tenant does none of it to another one. */
  private static Map<String, Callable<Object>> changes(Persistence as, OwnedByTenant owned) {
    Map<String, Callable<Object>> calls = new LinkedHashMap<>();
    // First, while the caller itself has written nothing about the agent.
    calls.put("forgetting: forget", () -> removedBy(as, owned));
    calls.put(
        "messages: receive", () -> as.messages().receive(owned.agent(), 10, Duration.ofMinutes(1)));
    calls.put("messages: delete a channel", () -> as.messages().deleteChannel("trips"));
    calls.put("checkpoints: delete", () -> as.checkpoints().delete(owned.checkpoint()));
    calls.put("checkpoints: restore", () -> as.checkpoints().restore(owned.checkpoint(), SOON));
    calls.put("sessions: revoke", () -> as.sessions().revoke(owned.session().session().id()));
    calls.put("sessions: revoke all", () -> as.sessions().revokeAll(SessionQuery.ofUser("ada")));
    calls.put("tasks: cancel", () -> as.tasks().cancel(owned.task(), "stolen"));
    calls.put("tasks: pause", () -> as.tasks().pause(owned.task()));
    calls.put("knowledge: end", () -> as.knowledge().end(owned.fact()));
    calls.put("knowledge: delete", () -> as.knowledge().delete(owned.fact()));
    calls.put("sagas: log", () -> as.sagas().log(owned.run()));
    calls.put("sagas: cancel", () -> as.sagas().cancel(owned.run(), "stolen"));
    calls.put("sagas: prune", () -> as.sagas().prune(Duration.ZERO, 100));
    calls.put("crossStore: waiting", () -> as.crossStore().waiting(100));
    calls.put("lifecycle: hydrate", () -> as.lifecycle().hydrate(owned.agent()).keys());
    calls.put("audit: find", () -> as.audit().find(AuditQuery.ofAgent(owned.agent())));
    calls.put("operations: dead letters", () -> as.operations().deadLetters().open(100));
    calls.put("operations: indexes", () -> as.operations().advice().indexes());
    calls.put("operations: missing indexes", () -> as.operations().advice().missingIndexes());
    calls.put(
        "agents: delete",
        () -> {
          as.agents().delete(owned.agent());
          return as.agents().find(owned.agent());
        });
    return calls;
  }

  /**
   * The caller's own marker of a deletion is refused by PostgreSQL, and its dead letter removed.
   */
  private static Map<String, Long> removedBy(Persistence as, OwnedByTenant owned) {
    Map<String, Long> removed = new HashMap<>(as.forgetting().forget(owned.agent()).removed());
    removed.remove("agents.dead_letters");
    return removed;
  }

  private static ByteArrayOutputStream discarded() {
    return new ByteArrayOutputStream();
  }
}
