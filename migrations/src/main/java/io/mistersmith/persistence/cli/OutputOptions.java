package io.mistersmith.persistence.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How a command tells its result: for people, or for machines. Progress goes to stderr. */
final class OutputOptions {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--json", description = "Print one JSON object instead of text.")
  private boolean json;

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
      out.println(JsonWriter.write(object(fields)));
    } else {
      lines.forEach(out::println);
    }
    out.flush();
  }

  /** A JSON object of names and values in turn. */
  static Map<String, Object> object(Object... fields) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int i = 0; i < fields.length; i += 2) {
      object.put(fields[i].toString(), fields[i + 1]);
    }
    return object;
  }
}
