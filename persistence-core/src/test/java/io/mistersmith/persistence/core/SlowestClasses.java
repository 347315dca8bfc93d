package io.mistersmith.persistence.core;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/** Prints which ten test classes of a build took longest. The build runs it last. */
public final class SlowestClasses {

  private static final int SHOWN = 10;

  private SlowestClasses() {}

  private record TestClass(String name, double seconds) {}

  /**
   * Reads the reports of all modules.
   *
   * @param arguments the directory of the project
   */
  public static void main(String[] arguments) throws IOException {
    List<TestClass> classes;
    try (Stream<Path> files = Files.find(Path.of(arguments[0]), 4, (file, is) -> isReport(file))) {
      classes = files.map(SlowestClasses::read).toList();
    }
    double all = classes.stream().mapToDouble(TestClass::seconds).sum();
    System.out.printf("The slowest of %d test classes, which took %.0f s:%n", classes.size(), all);
    classes.stream()
        .sorted(Comparator.comparingDouble(TestClass::seconds).reversed())
        .limit(SHOWN)
        .forEach(slow -> System.out.printf("%7.1f s  %s%n", slow.seconds(), slow.name()));
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
      return new TestClass(name, Double.parseDouble(suite.getAttribute("time").replace(",", "")));
    } catch (ParserConfigurationException | SAXException e) {
      throw new IllegalStateException("cannot read " + report, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
