use super::Console;

#[test]
fn look() {
    let keys = std::env::var("KEYS").unwrap_or_default();
    for size in std::env::var("SIZES").unwrap_or("80x24,120x40".into()).split(',') {
        let (w, h) = size.split_once('x').unwrap();
        let console = Console::story(w.parse().unwrap(), h.parse().unwrap()).keys(&keys).wait(400);
        println!("{}", console.screen());
        println!("status: {}", console.driver.status());
    }
}
