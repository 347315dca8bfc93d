package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.event.Change;
import io.mistersmith.persistence.event.Change.Operation;
import io.mistersmith.persistence.event.Change.StateChanged;
import io.mistersmith.persistence.event.Change.TaskChanged;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamMessage;
import io.mistersmith.persistence.stream.Streams;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The contract of the feed of committed changes, where the set {@code events} is applied. */
public abstract class ChangeFeedContract extends PersistenceContract {

  private static final String STATE = "AGENT_STATE";
  private static final String TASKS = "TASK_EXECUTION";
  private static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.SINGLE_OPERATION, "try the feed");

  private final List<StreamConsumer> consumers = new ArrayList<>();

  /** For implementations. */
  protected ChangeFeedContract() {}

  @AfterEach
  final void closeConsumers() {
    consumers.forEach(StreamConsumer::close);
  }

  /** Collects the changes that a new consumer receives. */
  private List<StreamMessage<Change>> changes(String stream, String filter) {
    List<StreamMessage<Change>> received = new CopyOnWriteArrayList<>();
    ConsumerPlan plan =
        ConsumerPlan.durable(stream, "contract-" + UUID.randomUUID()).filter(filter).build();
    await().atMost(SOON).until(() -> persistence().streams().find(stream).isPresent());
    consumers.add(feed().consume(plan, StreamConsumer.Options.of(1).inOrder(), received::add));
    return received;
  }

  private List<StreamMessage<Change>> stateChanges() {
    return changes(STATE, "agents.state." + agent().uuid());
  }

  private ChangeFeed feed() {
    return persistence().changes();
  }

  private static void awaitState(Persistence runtime, ChangeFeed.State state) {
    await().atMost(SOON).until(() -> runtime.changes().state() == state);
  }

  private static <T> List<T> awaitSize(List<T> received, int size) {
    await().atMost(SOON).until(() -> received.size() >= size);
    return List.copyOf(received);
  }

  private Revision saved(StateKey key, Object value) {
    Versioned<Object> saved = states().save(key, value);
    states().awaitDurable(key, saved.revision(), SOON);
    return saved.revision();
  }

  private static StateChanged state(StreamMessage<Change> message) {
    return (StateChanged) message.value();
  }

  private static String event(StreamMessage<Change> message) {
    return ((TaskChanged) message.value()).event();
  }

  @Test
  void whatIsCommittedOfStateIsPublishedInOrder() {
    StateKey key = key("city");
    Revision first = saved(key, Map.of("name", "Rome"));
    List<StreamMessage<Change>> received = stateChanges();
    Revision second = saved(key, Map.of("name", "Oslo"));
    states().delete(key);
    states().flush(key, SOON);
    List<StreamMessage<Change>> all = awaitSize(received, 3);
    assertThat(all)
        .extracting(message -> state(message).operation())
        .containsExactly(Operation.INSERT, Operation.UPDATE, Operation.DELETE);
    assertThat(all).allMatch(message -> state(message).agent().equals(agent().uuid()));
    assertThat(all).allMatch(message -> state(message).path().equals("_.city"));
    assertThat(all).allMatch(message -> message.id().equals(message.value().source().id()));
    assertThat(all).extracting(StreamMessage::id).doesNotHaveDuplicates();
    StateChanged inserted = state(all.get(0));
    assertThat(inserted.newValue().orElseThrow())
        .isEqualToIgnoringWhitespace("{\"name\":\"Rome\"}");
    assertThat(inserted.oldValue()).isEmpty();
    assertThat((Revision) inserted.revision()).isEqualTo(first);
    assertThat((Revision) state(all.get(1)).revision()).isEqualTo(second);
    StateChanged deleted = state(all.get(2));
    assertThat(deleted.newValue()).isEmpty();
    assertThat(deleted.oldValue().orElseThrow()).isEqualToIgnoringWhitespace("{\"name\":\"Oslo\"}");
  }

  @Test
  void whatATaskGoesThroughIsPublishedInOrder() {
    UUID task = persistence().tasks().enqueue(NewTask.of("feed", Map.of("n", 1)));
    List<StreamMessage<Change>> received = changes(TASKS, "tasks.>");
    List<TaskLease> leases = persistence().tasks().claim(TaskClaim.of("worker", "feed"));
    persistence().tasks().complete(leases.get(0), Map.of());
    await().atMost(SOON).until(() -> received.stream().anyMatch(m -> event(m).equals("completed")));
    assertThat(received)
        .extracting(ChangeFeedContract::event)
        .filteredOn(event -> !event.equals("updated"))
        .containsExactly("created", "started", "completed");
    TaskChanged created = (TaskChanged) received.get(0).value();
    assertThat(created.task()).isEqualTo(task);
    assertThat(created.type()).contains("feed");
    assertThat(created.previousStatus()).isEmpty();
  }

  @Test
  void aRollbackPublishesNothing() {
    List<StreamMessage<Change>> received = changes(TASKS, "tasks.>");
    assertThatThrownBy(
            () ->
                persistence()
                    .transactions()
                    .execute(
                        OPTIONS,
                        tx -> {
                          UUID unused = tx.tasks().enqueue(NewTask.of("gone", Map.of()));
                          throw new IllegalStateException("given up");
                        }))
        .hasMessage("given up");
    persistence()
        .transactions()
        .execute(OPTIONS, tx -> tx.tasks().enqueue(NewTask.of("kept", Map.of())));
    List<StreamMessage<Change>> all = awaitSize(received, 1);
    assertThat(((TaskChanged) all.get(0).value()).type()).contains("kept");
  }

  @Test
  void aPausedFeedKeepsTheChanges() {
    List<StreamMessage<Change>> received = stateChanges();
    awaitState(persistence(), ChangeFeed.State.PUBLISHING);
    feed().pause();
    awaitState(persistence(), ChangeFeed.State.PAUSED);
    Revision unused = saved(key("late"), 1);
    assertThat(feed().lag().changes()).isPositive();
    assertThat(received).isEmpty();
    feed().resume();
    assertThat(awaitSize(received, 1)).hasSize(1);
    await().atMost(SOON).until(() -> feed().lag().changes() == 0);
    assertThat(feed().lag().oldest()).isEqualTo(Duration.ZERO);
    assertThat(feed().lag().position()).isPositive();
  }

  @Test
  void anotherRuntimeGoesOn() {
    List<StreamMessage<Change>> received = stateChanges();
    awaitState(persistence(), ChangeFeed.State.PUBLISHING);
    Persistence other = open(config().build());
    for (int i = 0; i < 20; i++) {
      Revision unused = saved(key("k" + i % 5), i);
      if (i == 10) {
        feed().pause();
      }
    }
    awaitState(other, ChangeFeed.State.PUBLISHING);
    List<StreamMessage<Change>> unused = awaitSize(received, 20);
    await().atMost(SOON).until(() -> other.changes().lag().changes() == 0);
    assertThat(received).hasSize(20);
    assertThat(received).extracting(StreamMessage::id).doesNotHaveDuplicates();
    for (int key = 0; key < 5; key++) {
      String path = "_.k" + key;
      assertThat(received)
          .map(ChangeFeedContract::state)
          .filteredOn(change -> change.path().equals(path))
          .map(change -> Integer.valueOf(change.newValue().orElseThrow()))
          .isSorted();
    }
  }

  @Test
  void whatIsTooLargeForAMessageGoesByReference() {
    String large = "x".repeat(stores().hot().streams().maxPayload());
    UUID task =
        persistence()
            .tasks()
            .enqueue(NewTask.of("large", Map.of()).withMetadata(Map.of("text", large)));
    List<StreamMessage<Change>> received = changes(TASKS, "tasks.>");
    TaskChanged change = (TaskChanged) awaitSize(received, 1).get(0).value();
    assertThat(change.source().isByReference()).isTrue();
    assertThat(change.source().reference().orElseThrow()).isGreaterThan(large.length());
    assertThat(change.metadata()).isEmpty();
    assertThat(change.task()).isEqualTo(task);
    assertThat(change.event()).isEqualTo("created");
  }

  @Test
  void aForeignMessageBecomesADeadLetter() {
    await().atMost(SOON).until(() -> persistence().streams().find(STATE).isPresent());
    var unused =
        persistence()
            .streams()
            .publisher(STATE, Object.class)
            .publish("agents.state." + agent().uuid(), Map.of("operation", "none"));
    Revision saved = saved(key("after"), 1);
    List<StreamMessage<Change>> received = stateChanges();
    assertThat((Revision) state(awaitSize(received, 1).get(0)).revision()).isEqualTo(saved);
    String consumer = received.get(0).consumer();
    await()
        .atMost(SOON)
        .until(() -> !persistence().streams().deadLetters(STATE, consumer).page(0, 10).isEmpty());
    assertThat(persistence().streams().deadLetters(STATE, consumer).page(0, 10))
        .singleElement()
        .extracting(Streams.DeadLetter::reason, as(InstanceOfAssertFactories.STRING))
        .contains("is no change");
  }

  @Test
  void heartbeatsAndLifecycleArePublished() {
    List<String> subjects = new CopyOnWriteArrayList<>();
    await().atMost(SOON).until(() -> persistence().streams().find(STATE).isPresent());
    for (String kind : List.of("heartbeat", "lifecycle")) {
      consumers.add(
          persistence()
              .streams()
              .consume(
                  ConsumerPlan.durable(STATE, "contract-" + kind)
                      .filter("agents." + kind + ".>")
                      .build(),
                  Object.class,
                  StreamConsumer.Options.of(1),
                  message -> subjects.add(message.subject())));
    }
    Revision unused = saved(key("used"), 1);
    persistence().agents().heartbeat(agent());
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(subjects)
                    .contains(
                        "agents.heartbeat." + agent().uuid(),
                        "agents.lifecycle." + agent().uuid()));
  }
}
