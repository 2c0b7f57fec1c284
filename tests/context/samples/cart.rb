require "set"

module Shop
  # Things with their prices.
  class Cart < Base
    RATE = 0.19
    attr_reader :items

    def initialize(items)
      check(items)
      log(items)
      @items = items
    end

    def self.load(name)
      data = File.read(name)
      new(parse(data))
    rescue Errno::ENOENT
      new([])
    end

    def empty? = items.empty?

    class << self
      def open
        cart = new([])
        log(cart)
        cart
      end
    end
  end
end
