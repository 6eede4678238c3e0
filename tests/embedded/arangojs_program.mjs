// What an application does through arangojs; prints one JSON line of what it saw.
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const require = createRequire(process.argv[3] + "/");
const { Database, aql } = require("arangojs");

const url = process.argv[2];
const system = new Database({ url, auth: { username: "root", password: "first" } });
assert.ok((await system.version()).version.startsWith("3.12"));
await assert.rejects(
  new Database({ url, auth: { username: "root", password: "wrong" } }).version(),
  (error) => error.code === 401,
);
await system.login("root", "first");

const db = await system.createDatabase("shop", [{ username: "ada", passwd: "x" }]);
assert.deepEqual(await system.listDatabases(), ["_system", "shop"]);

const books = await db.createCollection("books", {
  schema: { rule: { properties: { pages: { type: "number" } } }, level: "strict" },
});
const saved = await books.save({ _key: "faust", title: "Faust", pages: 200 }, { returnNew: true });
assert.equal(saved.new.title, "Faust");
await assert.rejects(books.save({ pages: "many" }), (error) => error.errorNum === 1620);
await assert.rejects(books.save({ _key: "faust" }), (error) => error.errorNum === 1210);
await books.saveAll([{ _key: "emma", pages: 400 }, { _key: "ulysses", pages: 700 }]);
await books.update("faust", { pages: 210 });
await books.replace("emma", { title: "Emma", pages: 410 });
const stale = books.update("faust", { pages: 1 }, { ifMatch: saved._rev });
await assert.rejects(stale, (error) => error.code === 412);
assert.equal((await books.document("faust")).pages, 210);
assert.equal(await books.documentExists("nobody"), false);
assert.equal((await books.documents(["faust", "emma"])).length, 2);
assert.equal((await books.count()).count, 3);
assert.equal((await books.import([{ _key: "faust" }, { _key: "odes", pages: 1 }])).errors, 1);
assert.equal((await books.properties()).name, "books");
assert.ok((await books.checksum()).checksum);
const index = await books.ensureIndex({ type: "persistent", fields: ["pages"], name: "by_pages" });
assert.equal(index.isNewlyCreated, true);
assert.deepEqual((await books.indexes()).map((each) => each.type), ["primary", "persistent"]);

const long = await db.query(aql`FOR b IN ${books} FILTER b.pages > ${100} SORT b._key RETURN b._key`);
assert.deepEqual(await long.all(), ["emma", "faust", "ulysses"]);
const cursor = await db.query("FOR i IN 1..2500 RETURN i", {}, { batchSize: 1000, count: true });
assert.equal(cursor.count, 2500);
assert.equal((await cursor.all()).length, 2500);
const retried = await db.query("FOR i IN 1..10 RETURN i", {}, { batchSize: 4, allowRetry: true });
assert.deepEqual(await retried.all(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
const streamed = await db.query("FOR i IN 1..9 RETURN i", {}, { stream: true, batchSize: 2 });
assert.equal(await streamed.reduce((sum, each) => sum + each, 0), 45);
assert.ok((await db.explain("FOR b IN books RETURN b")).plan.nodes.length > 0);
assert.equal((await db.parse("FOR b IN @@c RETURN b")).bindVars[0], "@c");
await assert.rejects(db.query("FOR b IN"), (error) => error.errorNum === 1501);
assert.deepEqual(await db.listRunningQueries(), []);

const graph = await db.createGraph("roads", [{ collection: "road", from: ["town"], to: ["town"] }]);
const towns = graph.vertexCollection("town");
for (const name of ["bonn", "koeln", "essen"]) await towns.save({ _key: name });
const road = graph.edgeCollection("road");
await road.save({ _from: "town/bonn", _to: "town/koeln", km: 30 });
await road.save({ _from: "town/koeln", _to: "town/essen", km: 70 });
const walk = await db.query("FOR v IN 1..2 OUTBOUND 'town/bonn' GRAPH 'roads' RETURN v._key");
assert.deepEqual(await walk.all(), ["koeln", "essen"]);
assert.equal((await db.collection("road").outEdges("town/koeln")).edges.length, 1);

const transaction = await db.beginTransaction({ write: [books] });
await transaction.step(() => books.save({ _key: "draft", pages: 1 }));
assert.equal(await books.documentExists("draft"), false);
await transaction.commit();
assert.equal(await books.documentExists("draft"), true);
const undone = await db.withTransaction({ write: [books] }, async (step) => {
  await step(() => books.remove("draft"));
  throw new Error("changed my mind");
}).catch((error) => error.message);
assert.equal(undone, "changed my mind");
assert.equal(await books.documentExists("draft"), true);

await db.createAnalyzer("words", { type: "text", properties: { locale: "en" } });
assert.equal((await db.analyzer("words").get()).type, "text");
await db.createView("shelf", { type: "arangosearch", links: { books: { includeAllFields: true } } });
const hits = await db.query("FOR b IN shelf SEARCH b.title == 'Emma' RETURN b._key");
assert.deepEqual(await hits.all(), ["emma"]);

await db.setUserAccessLevel("ada", { database: "shop", collection: "books" }, "ro");
const ada = new Database({ url, databaseName: "shop", auth: { username: "ada", password: "x" } });
assert.equal((await ada.collection("books").document("faust")).pages, 210);
await assert.rejects(ada.collection("books").save({}), (error) => error.code === 403);

const job = await db.createJob(() => db.query("RETURN 42"));
let result;
while ((result = await job.load()) === undefined) ;
assert.deepEqual(await result.all(), [42]);

await assert.rejects(db.executeTransaction([], "function () {}"), (e) => e.errorNum === 9);
assert.equal((await db.engine()).name, "rocksdb");
assert.ok(await db.time());
await system.dropDatabase("shop");
assert.deepEqual(await system.listDatabases(), ["_system"]);
console.log(JSON.stringify({ passed: true }));
process.exit(0);
