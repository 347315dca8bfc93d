package io.mistersmith.persistence.spring.sample;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.model.AgentId;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Books each seat once: the seat is the id of the entry. At a given point it says so and waits to
 * be killed.
 */
@Component
class BookingTool {

  static final String NAME = "book";
  static final String AT_POINT = "at ";

  private final Log<String> bookings;
  private final String point;

  BookingTool(
      Persistence persistence,
      @Value("${sample.conversation}") String conversation,
      @Value("${sample.point}") String point) {
    this.bookings = persistence.log(AgentId.external(conversation), "bookings", String.class);
    this.point = point;
  }

  @Tool(name = NAME, description = "Books a seat")
  String book(String seat) {
    waitAt("before seat-" + seat);
    long number = bookings.append("seat-" + seat, seat);
    waitAt("after seat-" + seat);
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
