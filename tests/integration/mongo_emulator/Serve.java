import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.util.List;

/** Speaks MongoDB's wire protocol on loopback: port, and a file where the data is to outlive the process. */
public class Serve {
    public static void main(String[] arguments) throws Exception {
        MongoBackend backend = arguments.length > 1 ? new H2Backend(arguments[1]) : new MemoryBackend();
        // Wire version 9 is the oldest that current PyMongo accepts.
        backend.version(new MongoVersion() {
            public List<Integer> getVersionArray() { return List.of(4, 4, 0); }
            public int getWireVersion() { return 9; }
        });
        MongoServer server = new MongoServer(atomic(backend));
        server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        System.out.println("ready " + server.getLocalAddress().getPort());
        Thread.currentThread().join();
    }

    /**
     * Answer one command after the other, each with a copy. The emulator itself answers with the documents that it
     * keeps, and writes them to the wire while others change them; MongoDB never shows half a change of a document.
     */
    private static MongoBackend atomic(MongoBackend backend) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            try {
                synchronized (backend) {
                    Object answer = method.invoke(backend, arguments);
                    return answer instanceof Document ? ((Document) answer).cloneDeeply() : answer;
                }
            } catch (InvocationTargetException error) {
                throw error.getCause();
            }
        };
        Class<?>[] kinds = {MongoBackend.class};
        return (MongoBackend) Proxy.newProxyInstance(Serve.class.getClassLoader(), kinds, handler);
    }
}
