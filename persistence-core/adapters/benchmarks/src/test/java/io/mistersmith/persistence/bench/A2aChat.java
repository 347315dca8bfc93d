package io.mistersmith.persistence.bench;

import io.a2a.spec.Message;
import io.a2a.spec.Task;
import io.a2a.spec.TaskState;
import io.a2a.spec.TaskStatus;
import io.a2a.spec.TextPart;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.a2a.PersistentTaskStore;
import io.mistersmith.persistence.bench.Said.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The history of an A2A task, which each save hands over as a whole. */
final class A2aChat implements Chat {

  private final PersistentTaskStore store;
  private final Task task;

  /** The history as this process has it. */
  private final List<Message> history = new ArrayList<>();

  private A2aChat(PersistentTaskStore store, String id) {
    this.store = store;
    this.task =
        Task.builder()
            .id(id)
            .contextId("bench-" + id)
            .status(new TaskStatus(TaskState.TASK_STATE_WORKING))
            .build();
    Task found = store.get(id);
    if (found != null && found.history() != null) {
      history.addAll(found.history());
    }
  }

  /** {@link PersistentTaskStore}, whose messages are no calls of tools. */
  static final class Stores implements Adapter {
    @Override
    public String name() {
      return "a2a";
    }

    @Override
    public List<Part> parts() {
      return List.of(Part.QUESTION, Part.ANSWER);
    }

    /** Saves the first message: a save by a process that has not read the task replaces it. */
    @Override
    public void create(Persistence persistence, String conversation) {
      new A2aChat(PersistentTaskStore.of(persistence), conversation).fill(1);
    }

    @Override
    public Chat open(Persistence persistence, String conversation) {
      return new A2aChat(PersistentTaskStore.of(persistence), conversation);
    }
  }

  private Task withNext(Message.Role role, String text) {
    history.add(
        Message.builder()
            .role(role)
            .parts(List.of(new TextPart(text)))
            .messageId(UUID.randomUUID().toString())
            .build());
    return Task.builder(task).history(history).build();
  }

  @Override
  public void fill(int messages) {
    for (int i = 1; i < messages; i++) {
      Task unused = withNext(Message.Role.ROLE_USER, Texts.numbered(i));
    }
    store.save(withNext(Message.Role.ROLE_USER, Texts.numbered(messages)), false);
  }

  @Override
  public Append next() {
    Task longer = withNext(Message.Role.ROLE_USER, Texts.numbered(history.size()));
    return () -> store.save(longer, false);
  }

  @Override
  public Append saying(Said said) {
    Message.Role role =
        said.part() == Part.QUESTION ? Message.Role.ROLE_USER : Message.Role.ROLE_AGENT;
    Task longer = withNext(role, said.text());
    return () -> store.save(longer, false);
  }

  @Override
  public List<Said> read() {
    Task found = store.get(task.id());
    List<Message> messages = found == null ? null : found.history();
    return messages == null
        ? List.of()
        : messages.stream()
            .map(message -> Said.parsed(((TextPart) message.parts().get(0)).text()))
            .flatMap(Optional::stream)
            .toList();
  }
}
