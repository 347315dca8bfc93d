package io.mistersmith.persistence.examples.quickstart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Recorded runs, read from JSON lines: one run a line, its steps in an array named traj,
 * trajectory, messages or steps.
 *
 * @param runs the runs that could be read, in the input's order
 * @param problems a sentence for each line that was skipped
 */
record Recording(List<RecordedRun> runs, List<String> problems) {

  private static final String SAMPLE = "sample-runs.jsonl";
  private static final String BYTE_ORDER_MARK = "\uFEFF";
  private static final List<String> STEP_ARRAYS =
      List.of("traj", "trajectory", "messages", "steps");
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build()
          .readerFor(JsonNode.class);

  Recording {
    runs = List.copyOf(runs);
    problems = List.copyOf(problems);
  }

  /** Reads the file, or the sample that comes with the quick start. */
  static Recording read(Optional<Path> file) throws IOException {
    try (InputStream in = file.isPresent() ? Files.newInputStream(file.get()) : sample()) {
      return read(in);
    }
  }

  static Recording read(InputStream in) throws IOException {
    List<RecordedRun> runs = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    // Latin-1 keeps every byte as it is: a line that is no UTF-8 is that line's problem alone.
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.ISO_8859_1));
    int number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      try {
        runs.add(
            new RecordedRun(number, steps(decode(line.getBytes(StandardCharsets.ISO_8859_1)))));
      } catch (JsonProcessingException e) {
        problems.add(
            "line "
                + number
                + " is no JSON: "
                + firstLine(e.getOriginalMessage()).replaceFirst(" \\(start marker.*", "")
                + " at column "
                + e.getLocation().getColumnNr());
      } catch (CharacterCodingException e) {
        problems.add("line " + number + " is no UTF-8");
      } catch (IOException | IllegalArgumentException e) {
        problems.add("line " + number + " holds no run: " + firstLine(e.getMessage()));
      }
    }
    return new Recording(runs, problems);
  }

  /** How many steps all runs have. */
  int steps() {
    return runs.stream().mapToInt(run -> run.steps().size()).sum();
  }

  private static String decode(byte[] line) throws CharacterCodingException {
    String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
  }

  private static List<JsonNode> steps(String line) throws IOException {
    JsonNode run = JSON.readValue(line);
    JsonNode array =
        STEP_ARRAYS.stream()
            .map(run::path)
            .filter(JsonNode::isArray)
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "it has no array named " + String.join(", ", STEP_ARRAYS)));
    List<JsonNode> steps = new ArrayList<>();
    for (JsonNode step : array) {
      if (!step.isObject()) {
        throw new IllegalArgumentException("its step " + steps.size() + " is no JSON object");
      }
      steps.add(step);
    }
    return steps;
  }

  private static InputStream sample() throws IOException {
    InputStream in = Recording.class.getResourceAsStream(SAMPLE);
    if (in == null) {
      throw new FileNotFoundException("the sample " + SAMPLE + " is not on the class path");
    }
    return in;
  }

  private static String firstLine(@Nullable String message) {
    return String.valueOf(message).lines().findFirst().orElse("no reason given");
  }
}
