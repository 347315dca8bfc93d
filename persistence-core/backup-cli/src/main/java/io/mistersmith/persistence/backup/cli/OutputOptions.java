package io.mistersmith.persistence.backup.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.mistersmith.persistence.backup.BackupProgress;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How a command tells its result: for people, or for machines. Progress goes to stderr. */
final class OutputOptions {

  /** Times and durations are written as ISO 8601, what is absent as null. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .build();

  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--json", description = "Print one JSON object instead of text.")
  private boolean json;

  @Option(names = "--quiet", description = "Print no progress.")
  private boolean quiet;

  @SuppressWarnings("unused") // picocli looks whether it is given
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  private boolean help;

  /** Prints the result; {@code fields} alternates names and values. */
  void print(List<String> lines, Object... fields) {
    PrintWriter out = command.commandLine().getOut();
    if (json) {
      out.println(json(object(fields)));
    } else {
      lines.forEach(out::println);
    }
    out.flush();
  }

  /** Returns what prints the progress of this command. */
  BackupProgress progress() {
    return quiet
        ? BackupProgress.NONE
        : new ProgressLines(command.commandLine().getErr(), ProgressLines.onTerminal());
  }

  /** A JSON object of names and values in turn. */
  static Map<String, Object> object(Object... fields) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int i = 0; i < fields.length; i += 2) {
      object.put(fields[i].toString(), fields[i + 1]);
    }
    return object;
  }

  static String json(Map<String, Object> object) {
    try {
      return JSON.writeValueAsString(object);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a result cannot be written as JSON", e);
    }
  }
}
