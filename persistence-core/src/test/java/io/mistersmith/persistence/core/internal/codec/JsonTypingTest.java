package io.mistersmith.persistence.core.internal.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An entry is data: it chooses no class. What reads state back by names in the state runs code that
 * whoever wrote the entry has chosen, as CVE-2025-64439 (constructors in JSON) and CVE-2026-28277
 * (msgpack) do, and default typing of Jackson.
 */
class JsonTypingTest {

  private static final AtomicInteger CREATED = new AtomicInteger();

  /** A class that does something when it is made. */
  public static final class Gadget {
    public Gadget() {
      CREATED.incrementAndGet();
    }

    public Gadget(String text) {
      CREATED.addAndGet(text.length());
    }

    public void setCommand(String command) {
      CREATED.addAndGet(command.length());
    }
  }

  record Holder(String name, Object value) {}

  /** An application's mistake: the entry names the class. */
  record Careless(@JsonTypeInfo(use = JsonTypeInfo.Id.CLASS) Object value) {}

  private static final String GADGET = Gadget.class.getName();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"@class\": \"GADGET\", \"command\": \"id\"}",
        "{\"@type\": \"GADGET\", \"command\": \"id\"}",
        "{\"class\": \"GADGET\"}",
        "[\"GADGET\", {\"command\": \"id\"}]",
        "[\"GADGET\", \"id\"]",
        "{\"lc\": 2, \"type\": \"constructor\", \"id\": [\"GADGET\"], \"kwargs\": {}}",
        "{\"__class__\": \"GADGET\", \"py/object\": \"os.system\"}",
      })
  void aDocumentThatNamesAClassIsADocument(String template) {
    String json = template.replace("GADGET", GADGET);
    int before = CREATED.get();
    Object read = Json.mapping(Object.class).decode(json.getBytes(UTF_8));
    assertThat(read).isInstanceOfAny(Map.class, List.class);
    assertThat(read.toString()).contains(GADGET);
    Holder held =
        Json.mapping(Holder.class)
            .decode(("{\"name\": \"n\", \"value\": " + json + "}").getBytes(UTF_8));
    assertThat(held.value()).isInstanceOfAny(Map.class, List.class);
    assertThat(CREATED.get()).as("code that the document runs").isEqualTo(before);
  }

  @Test
  void aPropertyOfAnyTypeDoesNotTakeItsClassFromTheEntry() {
    int before = CREATED.get();
    String json = "{\"value\": {\"@class\": \"" + GADGET + "\", \"command\": \"id\"}}";
    assertThatThrownBy(() -> Json.mapping(Careless.class).decode(json.getBytes(UTF_8)))
        .isInstanceOf(NonTransientPersistenceException.class);
    assertThat(CREATED.get()).isEqualTo(before);
  }

  @Test
  void aDocumentTooDeepToReadIsRefusedAndStopsNobody() {
    for (String bracket : List.of("[", "{\"a\":")) {
      byte[] json = bracket.repeat(200_000).getBytes(UTF_8);
      assertThatThrownBy(() -> Json.mapping(Object.class).decode(json))
          .isInstanceOf(NonTransientPersistenceException.class);
    }
  }

  /** Nothing of the library, whatever it reads, makes objects of classes that data names. */
  @Test
  void noSourceReadsObjectsByTheNameOfTheirClass() throws IOException {
    List<String> forbidden =
        List.of(
            "activateDefaultTyping",
            "enableDefaultTyping",
            "ObjectInputStream",
            "XMLDecoder",
            "LaissezFaireSubTypeValidator",
            "JsonTypeInfo.Id.CLASS",
            "JsonTypeInfo.Id.MINIMAL_CLASS");
    for (String module :
        List.of(
            ".",
            "../persistence-api",
            "../persistence-test-kit",
            "../persistence-test-kit/contracts")) {
      try (Stream<Path> files = Files.walk(Path.of(module, "src", "main", "java"))) {
        List<Path> sources = files.filter(file -> file.toString().endsWith(".java")).toList();
        assertThat(sources).isNotEmpty();
        for (Path source : sources) {
          assertThat(Files.readString(source)).as("%s", source).doesNotContain(forbidden);
        }
      }
    }
  }
}
