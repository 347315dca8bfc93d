package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.secret.SecretScan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Prints which ten test classes of a build took longest, and then each test that failed. The build
 * runs it after all tests and before it decides whether they passed, so that the last lines of a
 * failed build name what failed.
 */
public final class TestReportSummary {

  private static final int SHOWN = 10;

  /** The most characters of a message. */
  private static final int LONGEST = 200;

  private TestReportSummary() {}

  /**
   * A report.
   *
   * @param failures a line for each test that failed
   */
  private record TestClass(String name, double seconds, List<String> failures) {}

  /**
   * Reads the reports of all modules that were written since the build began. Fails the build when
   * one tells a secret that a test has planted.
   *
   * @param arguments the directory of the project, and when the build began
   */
  public static void main(String[] arguments) throws IOException {
    Instant begin = Instant.parse(arguments[1]);
    List<TestClass> classes;
    try (Stream<Path> files =
        Files.find(
            Path.of(arguments[0]),
            4,
            (file, is) -> isReport(file) && !is.lastModifiedTime().toInstant().isBefore(begin))) {
      classes = files.map(TestReportSummary::read).toList();
    }
    double all = classes.stream().mapToDouble(TestClass::seconds).sum();
    System.out.printf("The slowest of %d test classes, which took %.0f s:%n", classes.size(), all);
    classes.stream()
        .sorted(Comparator.comparingDouble(TestClass::seconds).reversed())
        .limit(SHOWN)
        .forEach(slow -> System.out.printf("%7.1f s  %s%n", slow.seconds(), slow.name()));
    List<String> failures = classes.stream().flatMap(read -> read.failures().stream()).toList();
    if (!failures.isEmpty()) {
      System.out.printf("Failed tests: %d%n", failures.size());
      failures.forEach(System.out::println);
    }
    List<String> leaks = SecretScan.leaks(Path.of(arguments[0]), begin);
    if (!leaks.isEmpty()) {
      System.out.printf("Planted secrets were told: %d%n", leaks.size());
      leaks.forEach(leak -> System.out.println("  " + leak));
      System.exit(1);
    }
  }

  private static boolean isReport(Path file) {
    String path = file.toString().replace('\\', '/');
    return path.matches(".*/target/(surefire|failsafe)-reports/TEST-[^/]*\\.xml");
  }

  private static TestClass read(Path report) {
    try {
      Element suite =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(report.toFile())
              .getDocumentElement();
      String name =
          report.getFileName().toString().replaceAll("^TEST-(.*\\.)?([^.]*)\\.xml$", "$2");
      return new TestClass(
          name,
          Double.parseDouble(suite.getAttribute("time").replace(",", "")),
          failures(suite.getElementsByTagName("testcase")));
    } catch (ParserConfigurationException | SAXException e) {
      throw new IllegalStateException("cannot read " + report, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> failures(NodeList tests) {
    List<String> failures = new ArrayList<>();
    for (int i = 0; i < tests.getLength(); i++) {
      Element test = (Element) tests.item(i);
      for (String kind : List.of("failure", "error")) {
        if (test.getElementsByTagName(kind).item(0) instanceof Element why) {
          failures.add("  " + name(test) + ": " + reason(why));
        }
      }
    }
    return failures;
  }

  /** The class alone where that failed before its tests. */
  private static String name(Element test) {
    String type = test.getAttribute("classname");
    String method = test.getAttribute("name");
    String simple = type.substring(type.lastIndexOf('.') + 1);
    return method.isEmpty() ? simple : simple + "." + method;
  }

  /** In one line, since assertions say what was expected in the second or third. */
  private static String reason(Element why) {
    String type = why.getAttribute("type");
    String simple = type.substring(type.lastIndexOf('.') + 1);
    String message = why.getAttribute("message").strip().replaceAll("\\s+", " ");
    String shown = message.length() > LONGEST ? message.substring(0, LONGEST) + "…" : message;
    return shown.isEmpty() ? simple : simple + ": " + shown;
  }
}
