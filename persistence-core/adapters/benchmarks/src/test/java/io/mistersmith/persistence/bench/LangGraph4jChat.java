package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.bench.Said.Part;
import io.mistersmith.persistence.langgraph4j.PersistentCheckpointSaver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bsc.langgraph4j.RunnableConfig;
import org.bsc.langgraph4j.checkpoint.BaseCheckpointSaver;
import org.bsc.langgraph4j.checkpoint.Checkpoint;
import org.bsc.langgraph4j.prebuilt.MessagesState;
import org.bsc.langgraph4j.serializer.std.ObjectStreamStateSerializer;

/** The thread of a LangGraph4j graph: each message is a checkpoint, whose state has it. */
final class LangGraph4jChat implements Chat {

  private final BaseCheckpointSaver saver;
  private final RunnableConfig config;
  private int count;

  LangGraph4jChat(Persistence persistence, String thread) {
    this.saver = saver(persistence);
    this.config = RunnableConfig.builder().threadId(thread).build();
  }

  static BaseCheckpointSaver saver(Persistence persistence) {
    return PersistentCheckpointSaver.of(
        persistence, new ObjectStreamStateSerializer<>(MessagesState<String>::new));
  }

  /** {@link PersistentCheckpointSaver}, which knows no calls of tools. */
  static final class Savers implements Adapter {
    @Override
    public String name() {
      return "langgraph4j";
    }

    @Override
    public List<Part> parts() {
      return List.of(Part.QUESTION, Part.ANSWER);
    }

    @Override
    public Chat open(Persistence persistence, String conversation) {
      return new LangGraph4jChat(persistence, conversation);
    }
  }

  private static Checkpoint checkpoint(String message) {
    return Checkpoint.builder()
        .nodeId("agent")
        .nextNodeId("tools")
        .state(Map.of("messages", List.of(message)))
        .build();
  }

  @Override
  public void fill(int messages) throws Exception {
    for (int i = 0; i < messages; i++) {
      next().make();
    }
  }

  @Override
  public Append next() {
    Checkpoint checkpoint = checkpoint(Texts.numbered(count++));
    return () -> put(checkpoint);
  }

  private void put(Checkpoint checkpoint) throws Exception {
    RunnableConfig unused = saver.put(config, checkpoint);
  }

  @Override
  public Append saying(Said said) {
    Checkpoint checkpoint = checkpoint(said.text());
    return () -> put(checkpoint);
  }

  @Override
  public List<Said> read() {
    List<Said> said =
        new ArrayList<>(
            saver.list(config).stream()
                .map(
                    checkpoint ->
                        new MessagesState<String>(checkpoint.getState()).messages().get(0))
                .map(Said::parsed)
                .flatMap(Optional::stream)
                .toList());
    Collections.reverse(said); // the saver lists the latest first
    return said;
  }
}
