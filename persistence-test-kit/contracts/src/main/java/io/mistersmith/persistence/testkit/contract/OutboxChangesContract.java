package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxChange.Kind;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.TaskStore.Added;
import io.mistersmith.persistence.spi.sql.TaskStore.End;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task.Dependency;
import io.mistersmith.persistence.task.Task.Priority;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The contract of what the outbox says of the changes. */
public abstract class OutboxChangesContract extends OutboxTests {

  /** For implementations. */
  protected OutboxChangesContract() {}

  private OutboxChange only() {
    List<OutboxChange> changes = drain();
    assertThat(changes).hasSize(1);
    return changes.get(0);
  }

  private static String state(
      String operation, AgentId owner, String key, String old, String now, int version) {
    return """
    {"operation":"%s","agent_id":"%s","owner":%s,"state_key":"%s","old_value":%s,\
    "new_value":%s,"epoch":1,"version":%d,"timestamp":T}\
    """
        .formatted(
            operation,
            owner.uuid(),
            owner.isExternal() ? "\"" + owner.toString().substring(1) + "\"" : "null",
            key,
            old,
            now,
            version);
  }

  @Test
  void aKeyIsInsertedUpdatedAndDeleted() {
    AgentId agent = register();
    StateKey key = StateKey.of(agent, "key");
    apply(put(key, at(1), "{\"a\":1}"));
    OutboxChange inserted = only();
    assertThat(inserted.kind()).isEqualTo(Kind.STATE_INSERT);
    assertThat(inserted.subject()).contains(agent.uuid());
    assertThat(inserted.stateKey()).contains(key.path());
    assertThat(inserted.epoch()).isEqualTo(1);
    assertThat(inserted.version()).isEqualTo(1);
    assertThat(inserted.tenant()).isEmpty();
    assertThat(payload(inserted))
        .isEqualTo(state("INSERT", agent, key.path(), "null", "{\"a\":1}", 1));
    assertThat(inserted.size())
        .isEqualTo(inserted.payload().orElseThrow().getBytes(StandardCharsets.UTF_8).length);

    apply(put(key, at(2), "[2]"));
    OutboxChange updated = only();
    assertThat(updated.kind()).isEqualTo(Kind.STATE_UPDATE);
    assertThat(payload(updated)).isEqualTo(state("UPDATE", agent, key.path(), "null", "[2]", 2));

    apply(delete(key, at(3)));
    OutboxChange deleted = only();
    assertThat(deleted.kind()).isEqualTo(Kind.STATE_DELETE);
    assertThat(deleted.version()).isEqualTo(3);
    assertThat(payload(deleted)).isEqualTo(state("DELETE", agent, key.path(), "[2]", "null", 3));

    apply(put(key, at(4), "4"));
    assertThat(payload(only())).isEqualTo(state("INSERT", agent, key.path(), "null", "4", 4));
  }

  @Test
  void aTombstoneIsADeletionAndItsSweepIsNothing() {
    AgentId agent = register();
    StateKey key = StateKey.of(agent, "never-seen");
    apply(delete(key, at(1)));
    assertThat(payload(only())).isEqualTo(state("DELETE", agent, key.path(), "null", "null", 1));
    apply(delete(key, at(2)));
    assertThat(only().version()).isEqualTo(2);
    elapse(Duration.ofMillis(50));
    assertThat(sql().states().sweep(Duration.ofMillis(10))).isEqualTo(1);
    assertThat(drain()).isEmpty();
  }

  @Test
  void theSweepOfAnExpiredKeyIsADeletion() {
    AgentId agent = register();
    StateKey key = StateKey.of(agent, "key");
    apply(put(key, at(1), "1", Optional.of(now().plusMillis(1))));
    assertThat(only().kind()).isEqualTo(Kind.STATE_INSERT);
    elapse(Duration.ofMillis(50));
    assertThat(sql().states().sweep(Duration.ofMillis(10))).isEqualTo(1);
    assertThat(payload(only())).isEqualTo(state("DELETE", agent, key.path(), "1", "null", 1));
  }

  @Test
  void whatIsNotWrittenIsNoChange() {
    StateKey key = StateKey.of(register(), "key");
    apply(put(key, at(5), "5"));
    assertThat(drain()).hasSize(1);
    apply(put(key, at(4), "4"));
    apply(put(StateKey.of(AgentId.random(), "refused"), at(6), "6"));
    assertThat(drain()).isEmpty();
  }

  @Test
  void aBatchOfTheFlushIsAChangeForEachKey() {
    AgentId agent = register();
    StateKey one = StateKey.of(agent, "one");
    StateKey two = StateKey.of(agent, "two");
    StateKey three = StateKey.of(agent, "three");
    apply(put(one, at(1), "1"), put(two, at(2), "2"));
    drain();
    apply(put(one, at(3), "3"), put(three, at(4), "4"), delete(two, at(5)));
    assertThat(drain())
        .extracting(change -> change.kind() + " " + change.stateKey().orElseThrow())
        .containsExactlyInAnyOrder(
            "STATE_UPDATE " + one.path(),
            "STATE_INSERT " + three.path(),
            "STATE_DELETE " + two.path());
  }

  @Test
  void theDocumentIsTheOneThatWasSaved() {
    AgentId agent = register();
    StateKey key = StateKey.of(agent, "key");
    String document = "{\"b\":1.0E7,\"a\":-0.0,\"c\":[1.50,null,\"\u65e5\\n\"]}";
    apply(put(key, at(1), document));
    assertThat(payload(only())).isEqualTo(state("INSERT", agent, key.path(), "null", document, 1));
    apply(delete(key, at(2)));
    assertThat(payload(only())).isEqualTo(state("DELETE", agent, key.path(), document, "null", 2));
  }

  @Test
  void anOwnerOutsideTheRegistryIsNamed() {
    AgentId owner = AgentId.external("user 7");
    StateKey key = StateKey.of(owner, "key");
    apply(put(key, at(1), "1"));
    OutboxChange change = only();
    assertThat(change.subject()).contains(owner.uuid());
    assertThat(payload(change)).isEqualTo(state("INSERT", owner, key.path(), "null", "1", 1));
  }

  @Test
  void theStateOfADeletedAgentIsDeleted() {
    AgentId agent = register();
    apply(put(StateKey.of(agent, "a"), at(1), "1"), put(StateKey.of(agent, "b"), at(2), "2"));
    UUID task =
        sql()
            .tasks()
            .enqueue(List.of(new Added(UUID.randomUUID(), job().assignedTo(agent))))
            .get(0);
    drain();
    sql().agents().delete(agent, AgentStore.ANY);
    assertThat(drain())
        .extracting(change -> change.kind() + " " + change.subject().orElseThrow())
        .containsExactlyInAnyOrder(
            "STATE_DELETE " + agent.uuid(), "STATE_DELETE " + agent.uuid(), "TASK_UPDATED " + task);
  }

  @Test
  void entriesOfLogsAreNoState() {
    AgentId agent = register();
    StateKey entry = new LogStore.Key(agent, LogStore.log("t", "log"), 1).toStateKey();
    byte[] value =
        new LogStore.Envelope(
                Optional.of("id"), OptionalLong.empty(), 0, "{}".getBytes(StandardCharsets.UTF_8))
            .encode();
    apply(put(entry, at(1), new String(value, StandardCharsets.UTF_8)));
    assertThat(drain()).isEmpty();
  }

  private static NewTask job() {
    return NewTask.of("job", Map.of("n", 1));
  }

  private TaskStore tasks() {
    return sql().tasks();
  }

  private UUID add(NewTask task) {
    return tasks().enqueue(List.of(new Added(UUID.randomUUID(), task))).get(0);
  }

  private TaskLease claim() {
    return tasks().claim(TaskClaim.of("w1", "job").withLimit(1)).get(0);
  }

  private static String task(UUID id, String status, String before, String rest) {
    return """
    {"task_id":"%s","task_type":"job","status":%s,"previous_status":%s,\
    "assigned_agent_id":null,"priority":"normal","timestamp":T,"metadata":%s}\
    """
        .formatted(id, quoted(status), quoted(before), rest);
  }

  private static String quoted(String text) {
    return text.isEmpty() ? "null" : '"' + text + '"';
  }

  @Test
  void aTaskIsCreatedStartedCompletedAndArchived() {
    UUID id = add(job().withMetadata(Map.of("m", "x")));
    OutboxChange created = only();
    assertThat(created.kind()).isEqualTo(Kind.TASK_CREATED);
    assertThat(created.subject()).contains(id);
    assertThat(created.stateKey()).isEmpty();
    assertThat(payload(created)).isEqualTo(task(id, "queued", "", "{\"m\":\"x\"}"));

    TaskLease lease = claim();
    OutboxChange started = only();
    assertThat(started.kind()).isEqualTo(Kind.TASK_STARTED);
    assertThat(payload(started)).isEqualTo(task(id, "running", "queued", "{\"m\":\"x\"}"));
    assertThat(tasks().renew(List.of(lease))).hasSize(1);
    assertThat(drain()).as("a lease is nothing of the task").isEmpty();

    tasks().end(List.of(new End.Completed(lease, Map.of("ok", true))));
    OutboxChange completed = only();
    assertThat(completed.kind()).isEqualTo(Kind.TASK_COMPLETED);
    assertThat(payload(completed)).isEqualTo(task(id, "completed", "running", "{\"m\":\"x\"}"));

    elapse(Duration.ofMillis(20));
    assertThat(tasks().archive(Duration.ofMillis(1), 10)).isEqualTo(1);
    OutboxChange archived = only();
    assertThat(archived.kind()).isEqualTo(Kind.TASK_DELETED);
    assertThat(payload(archived))
        .isEqualTo(task(id, "", "completed", "{\"m\":\"x\"},\"archived\":true"));
  }

  @Test
  void aTaskFailsAfterItsRetries() {
    add(job().withMaxRetries(1));
    drain();
    TaskLease first = claim();
    tasks().end(List.of(new End.Failed(first, "broken", Optional.of(Duration.ZERO))));
    int unused = tasks().tend(10);
    TaskLease second = claim();
    tasks().end(List.of(new End.Failed(second, "broken", Optional.of(Duration.ZERO))));
    List<OutboxChange> changes = drain();
    assertThat(changes)
        .extracting(OutboxChange::kind)
        .startsWith(Kind.TASK_STARTED, Kind.TASK_UPDATED)
        .endsWith(Kind.TASK_STARTED, Kind.TASK_FAILED);
  }

  @Test
  void aTaskIsPausedResumedAndCancelled() {
    UUID id = add(job().withPriority(Priority.URGENT));
    drain();
    tasks().pause(id);
    tasks().resume(id);
    tasks().cancel(id, "not needed");
    assertThat(drain())
        .extracting(OutboxChange::kind)
        .containsExactly(Kind.TASK_UPDATED, Kind.TASK_UPDATED, Kind.TASK_CANCELLED);
  }

  @Test
  void waitingForAnotherTaskIsSeenByTheStatusAlone() {
    UUID first = add(job());
    UUID second = add(NewTask.of("other", Map.of()));
    drain();
    tasks().addDependency(second, first, Dependency.COMPLETION);
    List<OutboxChange> waits = drain();
    assertThat(subjects(waits)).as("the one that waits").containsExactly(second);
    assertThat(waits.get(0).kind()).isEqualTo(Kind.TASK_UPDATED);
    assertThat(payload(waits.get(0))).contains("\"status\":\"pending\"");
    tasks().end(List.of(new End.Completed(claim(), Map.of())));
    assertThat(drain())
        .extracting(change -> change.kind() + " " + change.subject().orElseThrow())
        .containsExactlyInAnyOrder(
            "TASK_STARTED " + first, "TASK_COMPLETED " + first, "TASK_UPDATED " + second);
  }

  @Test
  void aTaskThatIsRefusedIsNoChange() {
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> add(NewTask.of("job", Map.of()).withParent(UUID.randomUUID())));
    assertThat(drain()).isEmpty();
  }
}
