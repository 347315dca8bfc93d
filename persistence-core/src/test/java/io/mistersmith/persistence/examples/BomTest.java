package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** Checks that the bill of materials manages all published modules, and nothing else. */
class BomTest {

  private static final Path ROOT = Path.of("..");

  private static final Pom BOM = Pom.of(Path.of("bom"));

  private record Pom(Path folder, Document document) {

    static Pom of(Path folder) {
      Path file = folder.resolve("pom.xml");
      try {
        return new Pom(
            folder, DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile()));
      } catch (IOException | ParserConfigurationException | SAXException e) {
        throw new AssertionError(file + " cannot be read", e);
      }
    }

    List<String> values(String path) {
      try {
        NodeList found =
            (NodeList)
                XPathFactory.newInstance()
                    .newXPath()
                    .evaluate("/project/" + path, document, XPathConstants.NODESET);
        return IntStream.range(0, found.getLength())
            .mapToObj(i -> found.item(i).getTextContent())
            .toList();
      } catch (XPathExpressionException e) {
        throw new AssertionError(path, e);
      }
    }

    Stream<Pom> withModules() {
      return Stream.concat(
          Stream.of(this),
          values("modules/module").stream()
              .flatMap(module -> of(folder.resolve(module)).withModules()));
    }

    boolean isPublishedCode() {
      return !values("packaging").contains("pom")
          && !values("properties/maven.deploy.skip").contains("true");
    }
  }

  @Test
  void managesEachPublishedModule() {
    List<String> published =
        Pom.of(ROOT)
            .withModules()
            .filter(Pom::isPublishedCode)
            .flatMap(module -> module.values("artifactId").stream())
            .toList();
    assertThat(published).contains("persistence-api", "persistence-spring-boot-starter");
    assertThat(BOM.values("dependencyManagement/dependencies/dependency/artifactId"))
        .containsExactlyInAnyOrderElementsOf(published);
  }

  @Test
  void managesNothingElse() {
    assertThat(BOM.values("parent")).as("a parent, whose versions would be imported").isEmpty();
    assertThat(BOM.values("dependencies")).isEmpty();
    assertThat(BOM.values("dependencyManagement/dependencies/dependency/groupId"))
        .containsOnly("${project.groupId}");
    assertThat(BOM.values("dependencyManagement/dependencies/dependency/scope")).isEmpty();
  }

  @Test
  void hasTheVersionOfTheOthers() {
    assertThat(BOM.values("groupId")).isEqualTo(Pom.of(ROOT).values("groupId"));
    assertThat(BOM.values("version")).isEqualTo(Pom.of(ROOT).values("version"));
    assertThat(BOM.values("dependencyManagement/dependencies/dependency/version"))
        .containsOnly("${project.version}");
  }
}
