package io.mistersmith.persistence.core;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.event.Change;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** The changes that a runtime receives from the streams that it can reach. */
final class Heard implements AutoCloseable {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final List<Change> changes = new CopyOnWriteArrayList<>();
  private final List<StreamConsumer> consumers;

  private Heard(Persistence runtime) {
    this.consumers =
        Stream.of(
                ConsumerPlan.durable("AGENT_STATE", "heard").filter("agents.state.>").build(),
                ConsumerPlan.durable("TASK_EXECUTION", "heard").filter("tasks.created.>").build())
            .map(plan -> consume(runtime, plan))
            .toList();
  }

  /** Listens from now on, once the streams exist. */
  static Heard by(Persistence runtime) {
    return new Heard(runtime);
  }

  private StreamConsumer consume(Persistence runtime, ConsumerPlan plan) {
    Awaitility.await().atMost(SOON).until(() -> runtime.streams().find(plan.stream()).isPresent());
    return runtime
        .changes()
        .consume(plan, StreamConsumer.Options.of(1), message -> changes.add(message.value()));
  }

  /** Waits for a change of the state and one of the task. */
  void await(OwnedByTenant owned) {
    Awaitility.await()
        .atMost(SOON)
        .until(
            () ->
                about(owned).stream().anyMatch(Change.StateChanged.class::isInstance)
                    && about(owned).stream().anyMatch(Change.TaskChanged.class::isInstance));
  }

  List<Change> about(OwnedByTenant owned) {
    return changes.stream()
        .filter(
            change ->
                (change instanceof Change.StateChanged state
                        && state.agent().equals(owned.agent().uuid()))
                    || (change instanceof Change.TaskChanged task
                        && task.task().equals(owned.task())))
        .toList();
  }

  @Override
  public void close() {
    consumers.forEach(StreamConsumer::close);
  }
}
