package io.mistersmith.persistence.langgraph4j;

import static org.bsc.langgraph4j.StateGraph.END;
import static org.bsc.langgraph4j.StateGraph.START;

import java.util.Map;
import org.bsc.langgraph4j.CompileConfig;
import org.bsc.langgraph4j.CompiledGraph;
import org.bsc.langgraph4j.GraphStateException;
import org.bsc.langgraph4j.StateGraph;
import org.bsc.langgraph4j.action.AsyncNodeAction;
import org.bsc.langgraph4j.checkpoint.BaseCheckpointSaver;
import org.bsc.langgraph4j.prebuilt.MessagesState;
import org.bsc.langgraph4j.serializer.StateSerializer;
import org.bsc.langgraph4j.serializer.plain_text.jackson.JacksonStateSerializer;
import org.bsc.langgraph4j.serializer.std.ObjectStreamStateSerializer;

/** Graphs whose nodes note their names, as those of the framework's own tests. */
final class Graphs {

  private Graphs() {}

  /** The messages of the nodes. */
  static final class Notes extends MessagesState<String> {
    Notes(Map<String, Object> data) {
      super(data);
    }
  }

  private static final class Json extends JacksonStateSerializer<Notes> {
    Json() {
      super(Notes::new);
    }
  }

  /** The framework's two ways to write a state. */
  enum Format {
    BINARY(new ObjectStreamStateSerializer<>(Notes::new)),
    JSON(new Json());

    @SuppressWarnings("ImmutableEnumChecker")
    final StateSerializer<Notes> serializer;

    Format(StateSerializer<Notes> serializer) {
      this.serializer = serializer;
    }
  }

  static CompiledGraph<Notes> oneNode(Format format, BaseCheckpointSaver saver, boolean release)
      throws GraphStateException {
    return new StateGraph<>(Notes.SCHEMA, format.serializer)
        .addNode("agent_1", note("agent_1"))
        .addEdge(START, "agent_1")
        .addEdge("agent_1", END)
        .compile(CompileConfig.builder().checkpointSaver(saver).releaseThread(release).build());
  }

  /** A graph that is interrupted before its second node. */
  static CompiledGraph<Notes> twoNodes(Format format, BaseCheckpointSaver saver)
      throws GraphStateException {
    return new StateGraph<>(Notes.SCHEMA, format.serializer)
        .addNode("agent_1", note("agent_1"))
        .addNode("agent_2", note("agent_2"))
        .addEdge(START, "agent_1")
        .addEdge("agent_1", "agent_2")
        .addEdge("agent_2", END)
        .compile(
            CompileConfig.builder()
                .checkpointSaver(saver)
                .releaseThread(true)
                .interruptBefore("agent_2")
                .build());
  }

  private static AsyncNodeAction<Notes> note(String node) {
    return AsyncNodeAction.node_async(state -> Map.of("messages", node));
  }
}
