package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Finds the calls of tools that results belong to: models refuse results without their call. */
final class ToolResults {

  private ToolResults() {}

  /** Returns the place of the last message before {@code end} that called for this result. */
  static OptionalInt call(List<Turn> turns, ToolExecutionResultMessage result, int end) {
    for (int i = end - 1; i >= 0; i--) {
      if (calls(turns.get(i).message(), result)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  private static boolean calls(ChatMessage message, ToolExecutionResultMessage result) {
    return message instanceof AiMessage ai
        && ai.hasToolExecutionRequests()
        && ai.toolExecutionRequests().stream()
            .anyMatch(
                request ->
                    result.id() == null
                        ? request.id() == null && request.name().equals(result.toolName())
                        : result.id().equals(request.id()));
  }

  /** Returns the messages with each result after its call, where another writer came between. */
  static List<Turn> besideCalls(List<Turn> turns) {
    List<Turn> arranged = new ArrayList<>(turns.size());
    for (Turn turn : turns) {
      int place = arranged.size();
      if (turn.message() instanceof ToolExecutionResultMessage result) {
        int call = call(arranged, result, place).orElse(place - 1);
        int after = call + 1;
        while (after < place
            && arranged.get(after).message() instanceof ToolExecutionResultMessage) {
          after++;
        }
        place = after;
      }
      arranged.add(place, turn);
    }
    return arranged;
  }

  /** Returns the messages without the results whose call is not among them. */
  static List<Turn> withoutOrphans(List<Turn> turns) {
    List<Turn> kept = new ArrayList<>(turns.size());
    for (Turn turn : turns) {
      boolean isOrphan =
          turn.message() instanceof ToolExecutionResultMessage result
              && call(kept, result, kept.size()).isEmpty();
      if (!isOrphan) {
        kept.add(turn);
      }
    }
    return kept;
  }
}
