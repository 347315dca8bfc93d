package io.mistersmith.persistence.langchain4j.sample;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.service.tool.ToolExecutor;
import io.mistersmith.persistence.log.Log;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Books a seat once for each call: the call's id is the id of the entry. At a given point it says
 * so and waits to be killed.
 */
final class BookingTool implements ToolExecutor {

  static final String NAME = "book";
  static final String AT_POINT = "at ";

  private final Log<String> bookings;
  private final String point;

  /**
   * Creates the tool.
   *
   * @param point such as {@code before call-3}
   */
  BookingTool(Log<String> bookings, String point) {
    this.bookings = bookings;
    this.point = point;
  }

  static ToolSpecification specification() {
    return ToolSpecification.builder()
        .name(NAME)
        .description("Books a seat")
        .parameters(JsonObjectSchema.builder().addStringProperty("seat").build())
        .build();
  }

  @Override
  public String execute(ToolExecutionRequest call, Object memoryId) {
    waitAt("before " + call.id());
    long number = bookings.append(call.id(), call.arguments());
    waitAt("after " + call.id());
    return "booking " + number;
  }

  private void waitAt(String reached) {
    if (reached.equals(point)) {
      System.out.println(AT_POINT + point);
      try {
        int unused = System.in.read(); // the process is killed here
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
