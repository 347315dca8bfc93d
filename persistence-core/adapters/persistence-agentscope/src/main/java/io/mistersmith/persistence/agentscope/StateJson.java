package io.mistersmith.persistence.agentscope;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentscope.core.message.Msg;
import io.agentscope.core.state.AgentState;
import io.agentscope.core.state.State;
import io.agentscope.core.util.JacksonJsonCodec;
import io.agentscope.core.util.JsonCodec;
import io.agentscope.core.util.JsonUtils;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of states, as AgentScope's own codec has it. An item of a list is a {@link Msg}, which
 * is immutable, or else its JSON text.
 */
final class StateJson {

  private static final ObjectMapper TREES = new ObjectMapper();

  private static final ObjectMapper DEFAULT = new JacksonJsonCodec().getObjectMapper();

  private static volatile @Nullable Contextless contextless;

  private StateJson() {}

  private static JsonCodec codec() {
    return JsonUtils.getJsonCodec();
  }

  static String of(Object item) {
    return item instanceof String json ? json : codec().toJson(item);
  }

  /** Returns the state without its messages, which are kept in a log. */
  static String withoutContext(AgentState state) {
    try {
      return contextless().writeValueAsString(state);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the state of the agent cannot be written as JSON", e);
    }
  }

  /** Returns the mapper of the framework's codec, without messages; kept while it is the same. */
  private static ObjectMapper contextless() {
    ObjectMapper own =
        codec() instanceof JacksonJsonCodec jackson ? jackson.getObjectMapper() : DEFAULT;
    Contextless kept = contextless;
    if (kept == null || kept.of != own) {
      kept = new Contextless(own, own.copy().addMixIn(AgentState.class, WithoutContext.class));
      contextless = kept;
    }
    return kept.mapper;
  }

  private record Contextless(ObjectMapper of, ObjectMapper mapper) {}

  static <T> T parse(String json, Class<T> type) {
    return codec().fromJson(json, type);
  }

  static JsonNode tree(String json) {
    try {
      return TREES.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("an entry of a list is not JSON", e);
    }
  }

  /** Returns the item to remember for a state. */
  static Object item(State state) {
    return state instanceof Msg ? state : of(state);
  }

  /** Returns the item to remember for what was read. */
  static Object item(String json, Class<?> type) {
    return type == Msg.class ? parse(json, Msg.class) : json;
  }

  static <T> T as(Object item, Class<T> type) {
    return type.isInstance(item) && !(item instanceof String)
        ? type.cast(item)
        : parse(of(item), type);
  }

  static boolean same(Object known, State state) {
    if (known == state) {
      return true;
    }
    String one = of(known);
    String other = of(state);
    return one.equals(other) || tree(one).equals(tree(other));
  }

  @JsonIgnoreProperties(value = "context", allowSetters = true)
  private interface WithoutContext {}
}
